package models

// mlflowClient is the client of MLflow's registry and runs, wherever it is imported from.
const mlflowClient = "mlflow.{MlflowClient,client.MlflowClient,tracking.MlflowClient,tracking.client.MlflowClient}()"

// vertexModels are the clients that register models at Vertex AI, by the module of each version of the API.
const vertexModels = "google.cloud.{aiplatform.gapic,aiplatform_v1,aiplatform_v1beta1}"

// ofRecord describes the parts of a registry's record that whoever registers a model writes. They matter where they are run.
func ofRecord(names string) Model {
	return Model{Name: names, Source: Document, From: FromRegistry, SourceFor: []SinkKind{Exec, Shell}}
}

// mlflowVersions and mlflowRegistered are records of MLflow's registry.
const (
	mlflowVersions   = "mlflow.entities.model_registry.ModelVersion()"
	mlflowRegistered = "mlflow.entities.model_registry.RegisteredModel()"
	azureModels      = "azure.ai.ml.{MLClient(),MLClient.from_config()}.models"
)

// registries describes where models are registered, and what is written down of them there.
var registries = Framework{Name: "model registries", Version: "mlflow 3.6, google-cloud-aiplatform 1.128", Models: []Model{
	{Name: "mlflow.register_model", Sinks: append(noted(ModelSource, NoteRegistered, "0:model_uri"), noted(Record, NoteTagNames, "tags")...), NoPass: true},
	{Name: mlflowClient + ".create_model_version", Sinks: append(noted(ModelSource, NoteRegistered, "1:source"), noted(Record, NoteTagNames, "3:tags")...), NoPass: true},
	{Name: "mlflow.set_tag", Sinks: noted(Record, NoteTagNames, "0:key"), NoPass: true},
	{Name: "mlflow.{set_tags,set_experiment_tags}", Sinks: append(noted(Record, NoteTagNames, "0:tags"), noted(Log, NoteTracked, "0:tags")...), NoPass: true},
	{Name: mlflowClient + ".set_tag", Sinks: append(at(Record, "0:run_id"), noted(Record, NoteTagNames, "1:key")...), NoPass: true},
	{Name: mlflowClient + ".set_model_version_tag", Sinks: noted(Record, NoteTagNames, "2:key"), NoPass: true},
	{Name: mlflowClient + ".{set_registered_model_tag,set_experiment_tag}", Sinks: noted(Record, NoteTagNames, "1:key"), NoPass: true},
	{Name: mlflowClient + ".create_run", Sinks: noted(Record, NoteTagNames, "2:tags"), NoPass: true},
	{Name: mlflowClient + ".create_registered_model", Sinks: noted(Record, NoteTagNames, "1:tags"), NoPass: true},
	{Name: "mlflow.*.log_model", NoPass: true},
	{Name: "mlflow.entities.model_registry.{model_version.ModelVersion,registered_model.RegisteredModel}", NoPass: true},
	{Name: "mlflow.entities.model_registry.model_version.ModelVersion()", SameAs: mlflowVersions},
	{Name: mlflowClient + ".{get_model_version,get_model_version_by_alias,transition_model_version_stage,update_model_version}", Returns: mlflowVersions, NoPass: true},
	{Name: "{" + mlflowClient + ",mlflow}.{get_latest_versions,search_model_versions}()[]", SameAs: mlflowVersions},
	{Name: mlflowClient + ".get_registered_model", Returns: mlflowRegistered, NoPass: true},
	{Name: "{" + mlflowClient + ",mlflow}.search_registered_models()[]", SameAs: mlflowRegistered},
	ofRecord("mlflow.entities.model_registry.{ModelVersion,RegisteredModel}().{tags,description}"),
	{Name: "wandb.sdk.artifacts.artifact.Artifact()", SameAs: "wandb.Artifact()"},
	ofRecord("wandb.Artifact().{metadata,description}"),
	ofRecord("boto3.client().describe_model_package()[CustomerMetadataProperties]"), ofRecord("boto3.client().describe_model_package()[ModelPackageDescription]"),
	{Name: "boto3.client().describe_model_package().get", Source: Document, From: FromRegistry, SourceFor: []SinkKind{Exec, Shell}, SourceIf: "0:key^=CustomerMetadataProperties|ModelPackageDescription", NoPass: true},
	{Name: azureModels + ".get", Returns: "azure.ai.ml.entities.Model()", NoPass: true},
	{Name: azureModels + ".list()[]", SameAs: "azure.ai.ml.entities.Model()"},
	ofRecord("azure.ai.ml.entities.Model().{tags,properties,description}"),
	{Name: "google.cloud.aiplatform.{Model,models.Model}.list()[]", SameAs: "google.cloud.aiplatform.Model()"},
	ofRecord("google.cloud.aiplatform.Model().{labels,description}"),
	{Name: "google.cloud.aiplatform.{Model,models.Model}.upload", Sinks: noted(ModelSource, NoteRegistered, "0:serving_container_image_uri", "artifact_uri"), Returns: "google.cloud.aiplatform.Model()", NoPass: true},
	{Name: "google.cloud.aiplatform.{Model,models.Model}.{upload_xgboost_model_file,upload_scikit_learn_model_file}", Sinks: noted(ModelSource, NoteRegistered, "0:model_file_path"), Returns: "google.cloud.aiplatform.Model()", NoPass: true},
	{Name: "google.cloud.aiplatform.{Model,models.Model}.upload_tensorflow_saved_model", Sinks: noted(ModelSource, NoteRegistered, "0:saved_model_dir"), Returns: "google.cloud.aiplatform.Model()", NoPass: true},
	{Name: vertexModels + ".{Model,types.Model,types.model.Model}", Returns: "google.cloud.aiplatform_v1.Model()"},
	{Name: vertexModels + ".{ModelContainerSpec,types.ModelContainerSpec,types.model.ModelContainerSpec}", Returns: "google.cloud.aiplatform_v1.ModelContainerSpec()"},
	{Name: vertexModels + ".{UploadModelRequest,types.UploadModelRequest}", Returns: "google.cloud.aiplatform_v1.UploadModelRequest()"},
	{Name: vertexModels + ".{ModelServiceClient,ModelServiceAsyncClient}().upload_model", Sinks: noted(ModelSource, NoteRegistered, "model", "0:request"), NoPass: true},
}}
