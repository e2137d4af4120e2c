package models

// mlflowClient is the client of MLflow's registry and runs, wherever it is imported from.
const mlflowClient = "mlflow.{MlflowClient,client.MlflowClient,tracking.MlflowClient,tracking.client.MlflowClient}()"

// vertexModels are the clients that register models at Vertex AI, by the module of each version of the API.
const vertexModels = "google.cloud.{aiplatform.gapic,aiplatform_v1,aiplatform_v1beta1}"

// registries describes where models are registered, and what is written down of them there.
var registries = Framework{Name: "model registries", Version: "mlflow 3.6, google-cloud-aiplatform 1.128", Models: []Model{
	{Name: "mlflow.register_model", Sinks: noted(ModelSource, NoteRegistered, "0:model_uri"), NoPass: true},
	{Name: mlflowClient + ".create_model_version", Sinks: noted(ModelSource, NoteRegistered, "1:source"), NoPass: true},
	{Name: "mlflow.*.log_model", NoPass: true},
	{Name: "google.cloud.aiplatform.{Model,models.Model}.upload", Sinks: noted(ModelSource, NoteRegistered, "0:serving_container_image_uri", "artifact_uri"), Returns: "google.cloud.aiplatform.Model()", NoPass: true},
	{Name: "google.cloud.aiplatform.{Model,models.Model}.{upload_xgboost_model_file,upload_scikit_learn_model_file}", Sinks: noted(ModelSource, NoteRegistered, "0:model_file_path"), Returns: "google.cloud.aiplatform.Model()", NoPass: true},
	{Name: "google.cloud.aiplatform.{Model,models.Model}.upload_tensorflow_saved_model", Sinks: noted(ModelSource, NoteRegistered, "0:saved_model_dir"), Returns: "google.cloud.aiplatform.Model()", NoPass: true},
	{Name: vertexModels + ".{Model,types.Model,types.model.Model}", Returns: "google.cloud.aiplatform_v1.Model()"},
	{Name: vertexModels + ".{ModelContainerSpec,types.ModelContainerSpec,types.model.ModelContainerSpec}", Returns: "google.cloud.aiplatform_v1.ModelContainerSpec()"},
	{Name: vertexModels + ".{UploadModelRequest,types.UploadModelRequest}", Returns: "google.cloud.aiplatform_v1.UploadModelRequest()"},
	{Name: vertexModels + ".{ModelServiceClient,ModelServiceAsyncClient}().upload_model", Sinks: noted(ModelSource, NoteRegistered, "model", "0:request"), NoPass: true},
}}
