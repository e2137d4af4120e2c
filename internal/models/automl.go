package models

// This file holds libraries that search models and hyperparameters, and those of graph neural networks.

const (
	// NotePipeline marks what is unpickled, or run, as a pipeline of AutoML.
	NotePipeline = "unpickled as a pipeline"
	// NoteTunerFolder marks the folder in which a tuner keeps its state.
	NoteTunerFolder = "folder of a tuner's state, which is deleted or reloaded"
	// NoteGraphInfo marks a file that DGL unpickles.
	NoteGraphInfo = "unpickled as the metadata of a graph"
	// NoteEdges marks numbers of nodes, by which a graph network reads and writes rows.
	NoteEdges = "numbers of nodes, by which rows are read"
)

const (
	autokerasModels = "autokeras.{ImageClassifier,ImageRegressor,TextClassifier,TextRegressor,StructuredDataClassifier,StructuredDataRegressor,AutoModel,TimeseriesForecaster}"
	kerasTuners     = "{keras_tuner,kerastuner,keras_tuner.*,kerastuner.*,keras_tuner.*.*,kerastuner.*.*}.{RandomSearch,Hyperband,BayesianOptimization,GridSearch,Tuner,SklearnTuner}"
)

var automl = Framework{Name: "AutoML", Version: "autogluon 1.4, pycaret 3.3, mljar-supervised 1.1, evalml 0.84, tpot 0.12, autokeras 2.0, keras-tuner 1.4", Models: []Model{
	{Name: "autogluon.{tabular.TabularPredictor,tabular.predictor.TabularPredictor,timeseries.TimeSeriesPredictor,timeseries.predictor.TimeSeriesPredictor,multimodal.MultiModalPredictor,multimodal.predictor.MultiModalPredictor}.load", Sinks: append(noted(Deserialize, NotePipeline, "0:path"), at(ModelSource, "0:path")...), NoPass: true},
	{Name: "pycaret.{classification,regression,clustering,anomaly,time_series}.{load_model,load_experiment}", Sinks: append(noted(Deserialize, NotePipeline, "0:model_name", "0:path_or_file"), at(ModelSource, "0:model_name")...), NoPass: true},
	{Name: "pycaret.{classification,regression,clustering,anomaly,time_series}.{ClassificationExperiment,RegressionExperiment,ClusteringExperiment,AnomalyExperiment,TSForecastingExperiment}().load_model", Sinks: noted(Deserialize, NotePipeline, "0:model_name"), NoPass: true},
	{Name: "supervised.{AutoML,automl.AutoML}", Sinks: noted(Deserialize, NotePipeline, "0:results_path"), NoPass: true},
	{Name: "evalml.{pipelines.*.load,pipelines.*.*.load,automl.AutoMLSearch.load,AutoMLSearch.load,automl.automl_algorithm.AutoMLSearch.load}", Sinks: noted(Deserialize, NotePipeline, "0:file_path"), NoPass: true},
	{Name: "tpot.{TPOTClassifier,TPOTRegressor,tpot.TPOTClassifier,tpot.TPOTRegressor}", Sinks: noted(Deserialize, NotePipeline, "config_dict"), NoPass: true},

	{Name: autokerasModels, Sinks: noted(Path, NoteTunerFolder, "project_name", "directory"), NoPass: true},
	{Name: kerasTuners, Sinks: noted(Path, NoteTunerFolder, "project_name", "directory"), NoPass: true},
	{Name: kerasTuners + "().{save,reload,oracle.reload,oracle.set_state}", Sinks: noted(Path, NoteTunerFolder, "0:"), NoPass: true},
}}

var graphs = Framework{Name: "graph neural networks", Version: "dgl 2.4, torch_geometric 2.7", Models: []Model{
	{Name: "torch_geometric.data.{data.Data,hetero_data.HeteroData}", SameAs: "torch_geometric.data.Data"},
	{Name: "torch_geometric.data.{InMemoryDataset,OnDiskDataset,in_memory_dataset.InMemoryDataset,on_disk_dataset.OnDiskDataset,dataset.Dataset}", Extends: []string{"torch_geometric.data.Dataset"}},
	{Name: "torch_geometric.data.Data", Sinks: noted(Reveal, NoteEdges, "1:edge_index")},
	{Name: "{torch_geometric.data.Data(),torch_geometric.data.HeteroData()[]}.edge_index", Sinks: noted(Reveal, NoteEdges, "=")},
	{Name: "torch_geometric.nn.{*,*.*}()", Sinks: noted(Reveal, NoteEdges, "1:edge_index"), NoPass: true},
	{Name: "{torch_geometric.nn.{knn_graph,radius_graph,knn,radius,pool.knn_graph,pool.radius_graph},torch_cluster.{knn_graph,radius_graph,knn,radius}}", NoPass: true},
	{Name: "torch_geometric.utils.to_dense_adj", Sinks: noted(Reveal, NoteEdges, "0:edge_index")},
	{Name: "torch_geometric.utils.scatter", Sinks: noted(Reveal, NoteEdges, "1:index")},
	{Name: "{dgl.graph,dgl.convert.graph}", Sinks: noted(Reveal, NoteEdges, "0:data"), NoPass: true},

	{Name: "dgl.data.{utils.load_info,load_info}", Sinks: noted(Deserialize, NoteGraphInfo, "0:path"), NoPass: true},
	{Name: "dgl.data.{utils.download,download}", Sinks: at(URL, "0:url"), NoPass: true, Writes: &Write{File: "1:path", Fetched: Web}},
	{Name: "dgl.data.{utils.extract_archive,extract_archive}", Sinks: at(Path, "0:file", "1:target_dir"), NoPass: true, Writes: &Write{File: "1:target_dir", Data: "0:file", Copies: true}},
}}
