"""The pages of the console: a module for each, with a `router`; a new one is added to `ROUTERS`."""

from api.console.routes.correction import router as correction
from api.console.routes.customer import router as customer
from api.console.routes.decisions import router as decisions
from api.console.routes.design import router as design
from api.console.routes.household import router as household
from api.console.routes.kept import router as kept
from api.console.routes.living import router as living
from api.console.routes.model import router as model
from api.console.routes.openid import router as openid
from api.console.routes.preferences import router as preferences
from api.console.routes.quality import router as quality
from api.console.routes.reshape import router as reshape
from api.console.routes.runs import router as runs
from api.console.routes.search import router as search
from api.console.routes.sign_in import router as sign_in
from api.console.routes.static import router as static
from api.console.routes.task import router as task
from api.console.routes.tasks import router as tasks
from api.console.routes.together import router as together

ROUTERS = (
    static, sign_in, openid, preferences, kept, design, tasks, task, decisions, search, customer, reshape, household,
    living, quality, correction, runs, model, together,
)  # fmt: skip
