package models

// This file holds the frameworks of federated learning: what one party of a federation sends to the other.

// FromFederation is what reports call data that the other side of a federation sent.
const FromFederation = "what the other side of the federation sent"

// sentBy models what the other side sent. That matters where it is unpickled: numbers of rounds and weights are what a
// federation exchanges.
func sentBy(name string) Model {
	return Model{Name: name, Source: User, From: FromFederation, SourceFor: []SinkKind{Deserialize}}
}

// received lists callbacks of methods of a framework's subclasses, in which a parameter holds what was sent.
func received(param, kind string, methods ...string) []Callback {
	var out []Callback
	for _, m := range methods {
		out = append(out, Callback{Arg: Arg("subclass." + m), Types: map[string]string{param: kind}})
	}
	return out
}

const flwrStrategies = "flwr.{server.strategy.*,server.strategy.*.*,serverapp.strategy.*,serverapp.strategy.*.*}"

var federations = Framework{Name: "flwr, nvflare, fedml and openfl", Version: "flwr 1.22, nvflare 2.6, fedml 0.9, openfl 1.9", Models: []Model{
	{Name: flwrStrategies, Callbacks: append(
		received("1", "flwr.server.strategy.Results()", "aggregate_fit", "aggregate_evaluate"),
		append(received("1", "flwr.serverapp.Replies()", "aggregate_train", "aggregate_evaluate"),
			Callback{Arg: "fit_metrics_aggregation_fn", Types: map[string]string{"0": "flwr.server.strategy.Metrics()"}},
			Callback{Arg: "evaluate_metrics_aggregation_fn", Types: map[string]string{"0": "flwr.server.strategy.Metrics()"}})...)},
	sentBy("flwr.server.strategy.Metrics()[][]"),
	{Name: flwrStrategies + "().*", NoPass: true},
	{Name: "flwr.server.strategy.Results()[][]", SameAs: "flwr.common.FitRes()"},
	{Name: "flwr.server.strategy.Results()[].content", SameAs: "flwr.common.Message().content"},
	{Name: "flwr.serverapp.Replies()[]", SameAs: "flwr.common.Message()"},
	{Name: "flwr.{app.Message,common.message.Message}", SameAs: "flwr.common.Message"},
	sentBy("flwr.common.Message().content"),
	{Name: "flwr.{common.typing.FitRes,common.EvaluateRes,common.typing.EvaluateRes,common.GetPropertiesRes,common.typing.GetPropertiesRes}", SameAs: "flwr.common.FitRes"},
	sentBy("flwr.common.FitRes().{metrics,properties}"),
	{Name: "flwr.common.FitRes().parameters", SameAs: "flwr.common.Parameters()"},
	sentBy("flwr.common.Parameters().tensors"),
	{Name: "flwr.{common.typing.FitIns,common.EvaluateIns,common.typing.EvaluateIns,common.GetPropertiesIns,common.GetParametersIns}", SameAs: "flwr.common.FitIns"},
	sentBy("flwr.common.FitIns().config"),
	{Name: "flwr.common.FitIns().parameters", SameAs: "flwr.common.Parameters()"},
	{Name: "flwr.{client.Client,client.client.Client,client.*.Client}", Callbacks: received("0", "flwr.common.FitIns()", "fit", "evaluate", "get_properties")},
	{Name: "flwr.{client.NumPyClient,client.numpy_client.NumPyClient}", Callbacks: append(received("1", "flwr.client.Config()", "fit", "evaluate"), received("0", "flwr.client.Config()", "get_properties", "get_parameters")...)},
	sentBy("flwr.client.Config()[]"), sentBy("flwr.client.Config().{get,pop}"), sentBy("flwr.client.Config().{items,values}"),
	{Name: "flwr.{client.ClientApp,clientapp.ClientApp,client.client_app.ClientApp}().{train,evaluate,query}", Callbacks: []Callback{{Arg: "decorated", Types: map[string]string{"0": "flwr.common.Message()"}}}, NoPass: true},
	{Name: "flwr.{server.Grid,server.Driver,serverapp.Grid,server.driver.Driver,server.grid.Grid}().{send_and_receive,pull_messages}", Returns: "flwr.serverapp.Replies()", NoPass: true},
	{Name: "flwr.{server.ServerApp,serverapp.ServerApp}().main", Callbacks: []Callback{{Arg: "decorated", Types: map[string]string{"0": "flwr.server.Grid()"}}}, NoPass: true},
	{Name: "flwr.{common.parameters_to_ndarrays,common.parameter.parameters_to_ndarrays,common.bytes_to_ndarray,common.parameter.bytes_to_ndarray}", NoPass: true},

	{Name: "nvflare.{app_common.abstract.aggregator.Aggregator,app_common.aggregators.*.*,app_common.aggregators.*}", Callbacks: received("0", "nvflare.apis.Sent()", "accept")},
	{Name: "nvflare.{apis.executor.Executor,app_common.executors.*.*}", Callbacks: received("1", "nvflare.apis.Sent()", "execute")},
	{Name: "nvflare.{app_common.abstract.learner_spec.Learner,app_common.abstract.learner.Learner}", Callbacks: received("0", "nvflare.apis.Sent()", "train", "validate")},
	{Name: "nvflare.{apis.dxo.from_shareable,apis.dxo.from_bytes}", Pass: []Arg{"0"}},
	{Name: "nvflare.apis.controller_spec.ClientTask", SameAs: "nvflare.apis.impl.controller.ClientTask"},
	sentBy("nvflare.apis.Sent()"), sentBy("nvflare.apis.impl.controller.ClientTask().result"), sentBy("nvflare.client.receive().{params,meta}"),
	{Name: "nvflare.{apis.impl.controller.Controller,apis.impl.wf_comm_server.WFCommServer}().{broadcast,broadcast_and_wait,send,send_and_wait,relay,relay_and_wait}", NoPass: true},
	{Name: "nvflare.apis.controller_spec.Task", Callbacks: []Callback{{Arg: "result_received_cb", Types: map[string]string{"0": "nvflare.apis.impl.controller.ClientTask()"}}}, NoPass: true},
	{Name: "nvflare.fuel.utils.fobs.{loads,load,deserialize}", NoPass: true},

	{Name: "{fedml.core.distributed.fedml_comm_manager.FedMLCommManager(),fedml.core.distributed.client.client_manager.ClientManager(),fedml.core.distributed.server.server_manager.ServerManager(),fedml.core.*(),?}.register_message_receive_handler", Callbacks: []Callback{{Arg: "1:handler_callback_func", Types: map[string]string{"0": "fedml.core.distributed.communication.message.Message()"}}}, NoPass: true},
	{Name: "fedml.{core.Message,core.distributed.communication.message.Message}", NoPass: true},
	sentBy("fedml.core.distributed.communication.message.Message().{get,get_params,get_content}"),

	{Name: "openfl.{federated.TaskRunner,federated.PyTorchTaskRunner,federated.KerasTaskRunner,federated.TensorFlowTaskRunner,federated.task.runner.TaskRunner,federated.task.TaskRunner}",
		Callbacks: received("2", "openfl.federated.Tensors()", "validate", "validate_task", "train", "train_task", "train_batches")},
	sentBy("openfl.federated.Tensors()[]"), sentBy("openfl.federated.Tensors().{get,pop}"), sentBy("openfl.federated.Tensors().{items,values}"),
}}

// encryptedModels compute on encrypted data.
var encryptedModels = Framework{Name: "concrete-ml", Version: "1.9", Models: []Model{
	{Name: "concrete.ml.sklearn.{*,*.*}().fit", Returns: "self", NoPass: true},
	{Name: "concrete.ml.sklearn.{*,*.*}().compile", NoPass: true},
}}
