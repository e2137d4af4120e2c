package models

const (
	// NoteFeastSQL and NoteFeatureSQL tell statements that a feature store runs from those of databases.
	NoteFeastSQL   = "run as SQL by Feast"
	NoteFeatureSQL = "run as SQL by the feature store"
	// NoteFeatureRepo is the note of what says which functions and classes Feast loads.
	NoteFeatureRepo = "says which stored functions and classes Feast loads"
	// NoteDeleted tells which features are deleted or replaced, NoteOpened which ones are opened, to be deleted perhaps.
	NoteDeleted  = "says which features are deleted"
	NoteReplaced = "replaces all rows of a feature group"
	NoteOpened   = "says which features are opened"
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
	{Name: hopsworksStore + ".{get_feature_group,get_external_feature_group}", Sinks: noted(Record, NoteOpened, "0:name"), Returns: "hsfs.feature_group.FeatureGroup()"},
	{Name: hopsworksStore + ".{create_feature_group,get_or_create_feature_group}", Returns: "hsfs.feature_group.FeatureGroup()"},
	{Name: hopsworksStore + ".get_feature_view", Sinks: noted(Record, NoteOpened, "0:name"), Returns: "hsfs.feature_view.FeatureView()"},
	{Name: hopsworksStore + ".{create_feature_view,get_or_create_feature_view}", Returns: "hsfs.feature_view.FeatureView()"},
	{Name: "feast.FeatureStore().{delete_feature_view,delete_feature_service,delete_project}", Sinks: noted(Record, NoteDeleted, "0:name"), NoPass: true},
	{Name: "feast.FeatureStore().apply", Sinks: noted(Record, NoteDeleted, "1:objects_to_delete"), NoPass: true},
	{Name: "feast.FeatureStore().{get_feature_view,get_feature_service,get_on_demand_feature_view,get_stream_feature_view}", Sinks: noted(Record, NoteOpened, "0:name")},
	{Name: "hsfs.feature_group.FeatureGroup().insert", Sinks: []Sink{{Kind: Record, Arg: "0:features", If: "overwrite=True", Note: NoteReplaced}, {Kind: Record, Arg: "0:features", If: "1:overwrite=True", Note: NoteReplaced}}, NoPass: true},
	{Name: "hsfs.feature_view.FeatureView().delete_training_dataset", Sinks: noted(Record, NoteDeleted, "0:training_dataset_version"), NoPass: true},
	{Name: "{databricks.feature_engineering.FeatureEngineeringClient,databricks.feature_store.FeatureStoreClient}().drop_table", Sinks: noted(Record, NoteDeleted, "0:name"), NoPass: true},
	{Name: "sagemaker.feature_store.feature_group.FeatureGroup", Sinks: noted(Record, NoteOpened, "0:name")},
	{Name: "sagemaker.feature_store.feature_group.FeatureGroup().delete_record", Sinks: noted(Record, NoteDeleted, "0:record_identifier_value_as_string"), NoPass: true},
	{Name: "sagemaker.feature_store.feature_group.FeatureGroup().athena_query().run", Sinks: noted(SQL, NoteFeatureSQL, "0:query_string"), NoPass: true},
}}
