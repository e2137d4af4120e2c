package models

// This file holds libraries that watch models in service and explain what they decide: metrics, logs, drift, attributions.

const (
	// NoteLogConfig marks a configuration of logging, whose classes and factories are imported and called.
	NoteLogConfig = "says which classes logging makes"
	// NoteCard marks the template that a model card is rendered from, NoteCardFile the file that holds it.
	NoteCard     = "rendered as the template of a model card"
	NoteCardFile = "the template file of a model card"
	// NoteMetricQuery marks a query of a store of metrics, NoteMetricRecord a record of one in its line protocol.
	NoteMetricQuery  = "read as a query of metrics"
	NoteMetricRecord = "written as a record of metrics"
	// NoteDrift marks what a detector of drift is told.
	NoteDrift = "watched by the drift detector"
	// NoteExplained marks what an explanation is made of that becomes a page, and NoteWords the text that it tells the words of.
	NoteExplained = "written into the page of an explanation"
	NoteWords     = "cut into words, each of which the explanation shows"
)

var logReceivers = Framework{Name: "logging", Version: "Python 3.13", Models: []Model{
	{Name: "logging.config.dictConfig", Sinks: noted(Exec, NoteLogConfig, "0:config"), NoPass: true},
	{Name: "logging.config.fileConfig", Sinks: noted(Exec, NoteLogConfig, "0:fname"), NoPass: true},
	{Name: "logging.config.{DictConfigurator,dictConfigClass}", Sinks: noted(Exec, NoteLogConfig, "0:config")},
	{Name: "socketserver.BaseRequestHandler().connection", Source: User, From: "bytes from a socket"},
}}

const (
	limeExplanation = "lime.explanation.Explanation()"
	forcePlot       = "shap.plots._force.AdditiveForceVisualizer()"
)

// Explainers: names and rows are carried to the page that shows the explanation, which writes them into a script; numbers are
// not. Who asks for the page is told of it (NoteExplained), and it is clean for others that show it.
var explainers = Framework{Name: "explainers", Version: "lime 0.2, shap 0.49", Models: []Model{
	{Name: "lime.lime_tabular.{LimeTabularExplainer,RecurrentTabularExplainer}", Pass: []Arg{"3:feature_names", "5:categorical_names", "9:class_names"}},
	{Name: "lime.lime_text.LimeTextExplainer", Pass: []Arg{"3:class_names"}},
	{Name: "lime.lime_tabular.{LimeTabularExplainer,RecurrentTabularExplainer}().explain_instance", Returns: limeExplanation, Pass: []Arg{"self"}},
	{Name: "lime.lime_text.LimeTextExplainer().explain_instance", Returns: limeExplanation, Pass: []Arg{"self"}, Sinks: noted(HTML, NoteWords, "0:text_instance")},
	{Name: limeExplanation + ".{as_html,save_to_file,show_in_notebook}", Sinks: noted(HTML, NoteExplained, "self"), Cleans: []SinkKind{HTML}},

	{Name: "shap.{TreeExplainer,Explainer,DeepExplainer,GradientExplainer,KernelExplainer,LinearExplainer,PermutationExplainer,ExactExplainer,PartitionExplainer,AdditiveExplainer,SamplingExplainer}", Pass: []Arg{"feature_names"}},
	{Name: "shap.explainers.{Tree,Deep,Gradient,Kernel,Linear,Permutation,Exact,Partition,Additive,Sampling,GPUTree}", Pass: []Arg{"feature_names"}},
	{Name: "shap.{TreeExplainer,Explainer,DeepExplainer,GradientExplainer,KernelExplainer,LinearExplainer,PermutationExplainer,ExactExplainer,PartitionExplainer,AdditiveExplainer,SamplingExplainer,explainers.*}()", Returns: "shap.Explanation()", Pass: []Arg{"self", "0:X"}},
	{Name: "{shap.*(),shap.explainers.*()}.{shap_values,expected_value,shap_interaction_values}", Number: true},
	{Name: "shap.{plots.force,plots._force.force}", SameAs: "shap.force_plot"},
	{Name: "shap.force_plot", Returns: forcePlot, Pass: []Arg{"0:base_value", "1:shap_values", "2:features", "3:feature_names"}},
	{Name: "shap.Explanation", Pass: []Arg{"2:data", "3:display_data", "5:feature_names"}},
	{Name: forcePlot + ".{html,_repr_html_}", Sinks: noted(HTML, NoteExplained, "self"), Cleans: []SinkKind{HTML}},
	{Name: "shap.{save_html,plots._force.save_html}", Sinks: append(noted(HTML, NoteExplained, "1:plot"), written("0:out_file")...), NoPass: true},
}}

var cards = Framework{Name: "model cards", Version: "huggingface_hub 1.1, model-card-toolkit 2.0", Models: []Model{
	{Name: "huggingface_hub.{ModelCard,DatasetCard,SpaceCard,RepoCard}.from_template", Sinks: append(noted(Template, NoteCard, "2:template_str"), append(noted(Template, NoteCardFile, "1:template_path"), at(Path, "1:template_path")...)...)},
	{Name: "huggingface_hub.repocard", SameAs: "huggingface_hub"},
	{Name: "model_card_toolkit.{model_card_toolkit.ModelCardToolkit,ModelCardToolkit}().export_format", Sinks: noted(Template, NoteCardFile, "1:template_path")},
}}

var dashboards = Framework{Name: "explainerdashboard", Version: "0.5", Models: []Model{
	{Name: "explainerdashboard.dashboards", SameAs: "explainerdashboard"},
	{Name: "explainerdashboard.ExplainerDashboard.from_config", Returns: "explainerdashboard.ExplainerDashboard()", NoPass: true},
	{Name: "explainerdashboard.ExplainerHub.from_config", Returns: "explainerdashboard.ExplainerHub()", NoPass: true},
}}

var metrics = Framework{Name: "metrics", Version: "prometheus-client 0.23, influxdb-client 1.49, statsd 4.0, datadog 0.52, prometheus-api-client 0.6", Models: []Model{
	{Name: "prometheus_client.metrics", SameAs: "prometheus_client"},
	{Name: "prometheus_client.{Counter,Gauge,Histogram,Summary,Info,Enum}", NoPass: true},
	{Name: "prometheus_client.{Counter,Gauge,Histogram,Summary,Info,Enum}().labels", Sinks: at(Metric, "*"), Returns: "self"},
	{Name: "influxdb_client.{client.influxdb_client.InfluxDBClient,client.influxdb_client_async.InfluxDBClientAsync}", SameAs: "influxdb_client.InfluxDBClient"},
	{Name: "influxdb_client.InfluxDBClient().write_api().write", Sinks: noted(Metric, NoteMetricRecord, "2:record"), NoPass: true},
	{Name: "prometheus_api_client.prometheus_connect", SameAs: "prometheus_api_client"},
	{Name: "prometheus_api_client.PrometheusConnect().{custom_query,custom_query_range}", Sinks: noted(Metric, NoteMetricQuery, "0:query"), NoPass: true},
	{Name: "statsd.{TCPStatsClient,UnixSocketStatsClient,client.StatsClient,client.udp.StatsClient}", SameAs: "statsd.StatsClient"},
	{Name: "statsd.StatsClient().pipeline", Returns: "statsd.StatsClient()", NoPass: true},
	{Name: "statsd.StatsClient().{incr,decr,gauge,timing,set,timer}", Sinks: at(Metric, "0:stat"), NoPass: true},
	{Name: "{datadog.statsd,datadog.dogstatsd.base.statsd,datadog.DogStatsd(),datadog.dogstatsd.DogStatsd(),datadog.dogstatsd.base.DogStatsd()}.{increment,decrement,gauge,histogram,distribution,timing,timed,set}", Sinks: at(Metric, "0:metric"), NoPass: true},
}}

var driftDetectors = Framework{Name: "drift detectors", Version: "river 0.22, frouros 0.9, scikit-multiflow 0.5", Models: []Model{
	{Name: "river.drift.{adwin.ADWIN,kswin.KSWIN,page_hinkley.PageHinkley}", SameAs: "river.drift.ADWIN"},
	{Name: "river.drift.{ADWIN,KSWIN,PageHinkley,binary.DDM,binary.EDDM,binary.FHDDM,binary.HDDM_A,binary.HDDM_W}().update", Sinks: noted(Size, NoteDrift, "0:x"), NoPass: true},
	{Name: "frouros.detectors.concept_drift.*().update", Sinks: noted(Size, NoteDrift, "0:value"), NoPass: true},
	{Name: "frouros.detectors.concept_drift.**.{ADWIN,KSWIN,PageHinkley,DDM,EDDM,HDDMA,HDDMW,CUSUM,GeometricMovingAverage,BOCD,ECDDWT,RDDM,STEPD}().update", Sinks: noted(Size, NoteDrift, "0:value"), NoPass: true},
	{Name: "skmultiflow.drift_detection.{*,**.ADWIN,**.DDM,**.EDDM,**.HDDM_A,**.HDDM_W,**.KSWIN,**.PageHinkley}().add_element", Sinks: noted(Size, NoteDrift, "0:input_value"), NoPass: true},
}}
