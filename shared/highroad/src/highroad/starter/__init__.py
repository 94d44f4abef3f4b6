"""New projects: one template, for `highroad new` and for `kedro new --starter highroad-project`."""
