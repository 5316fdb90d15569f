"""The warehouse export: the tables of `mdm.store.mart` as Parquet files, one folder per table, partitioned by run."""
