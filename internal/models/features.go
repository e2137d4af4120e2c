package models

const (
	// NoteFeastSQL and NoteFeatureSQL tell statements that a feature store runs from those of databases.
	NoteFeastSQL   = "run as SQL by Feast"
	NoteFeatureSQL = "run as SQL by the feature store"
	// NoteFeatureRepo is the note of what says which functions and classes Feast loads.
	NoteFeatureRepo = "says which stored functions and classes Feast loads"
)

// hopsworksStore is the feature store that a connection of Hopsworks gives.
const hopsworksStore = "hsfs.feature_store.FeatureStore()"

var featureStores = Framework{Name: "feature stores", Version: "feast 0.57, hopsworks 4.4, sagemaker 2.254, snowflake-ml-python 1.18", Models: []Model{
	{Name: "feast.feature_store.FeatureStore", SameAs: "feast.FeatureStore"},
	{Name: "feast.repo_config.RepoConfig", SameAs: "feast.RepoConfig"},
	{Name: "feast.FeatureStore", Sinks: noted(Deserialize, NoteFeatureRepo, "0:repo_path", "2:fs_yaml_file"), NoPass: true},
	{Name: "feast.FeatureStore().get_historical_features", Sinks: noted(SQL, NoteFeastSQL, "0:entity_df"), NoPass: true},
	{Name: "{feast,feast.infra.offline_stores.**}.{BigQuerySource,SnowflakeSource,RedshiftSource,AthenaSource,PostgreSQLSource,SparkSource,TrinoSource,MsSqlServerSource,ClickhouseSource}", Sinks: noted(SQL, NoteFeastSQL, "query"), NoPass: true},
	{Name: "feast.repo_config.load_repo_config", Sinks: noted(Deserialize, NoteFeatureRepo, "0:repo_path", "1:fs_yaml_file"), NoPass: true},
	{Name: "{feast,feast.repo_config}.RegistryConfig", Sinks: noted(Deserialize, NoteFeatureRepo, "path"), NoPass: true},
	{Name: "feast.RepoConfig", Sinks: noted(Deserialize, NoteFeatureRepo, "registry", "registry_config", "provider", "online_store", "offline_store", "registry[path]"), NoPass: true},

	{Name: "hopsworks.{login,project.Project}().get_feature_store", Returns: hopsworksStore, NoPass: true},
	{Name: "hsfs.{connection,connection.Connection.connection}().get_feature_store", Returns: hopsworksStore, NoPass: true},
	{Name: hopsworksStore + ".sql", Sinks: noted(SQL, NoteFeatureSQL, "0:query"), NoPass: true},
	{Name: hopsworksStore + ".{create_external_feature_group,create_on_demand_feature_group}", Sinks: noted(SQL, NoteFeatureSQL, "2:query"), Returns: "hsfs.feature_group.FeatureGroup()", NoPass: true},
	{Name: hopsworksStore + ".{get_feature_group,create_feature_group,get_or_create_feature_group,get_external_feature_group}", Returns: "hsfs.feature_group.FeatureGroup()"},
	{Name: hopsworksStore + ".{get_feature_view,create_feature_view,get_or_create_feature_view}", Returns: "hsfs.feature_view.FeatureView()"},
	{Name: "sagemaker.feature_store.feature_group.FeatureGroup().athena_query().run", Sinks: noted(SQL, NoteFeatureSQL, "0:query_string"), NoPass: true},
}}
