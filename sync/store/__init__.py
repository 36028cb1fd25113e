"""The clinic's database: its tables, its migrations, and the one way in for records."""
