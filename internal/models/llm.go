package models

import "slices"

// modelAnswer is what reports call the text that a language model wrote.
const modelAnswer = "the model's answer"

// answers models a call whose result is what a language model wrote. Of its arguments only
// the prompts and the parameters that a caller should not choose matter.
func answers(name string, chat Chat) Model {
	return Model{
		Name: name, Source: LLM, From: modelAnswer, NoPass: true, Chat: &chat,
		Sinks: slices.Concat(at(Param, "model", "model_id", "modelId", "engine", "stop", "base_url", "api_base", "tool_choice"), settings, reveals),
	}
}

// named is a model of an answer whose first argument is the name of the language model.
func named(m Model) Model {
	m.Sinks = append([]Sink{{Kind: Param, Arg: "0:model"}}, m.Sinks[1:]...)
	return m
}

// settings are the limits and sampling parameters of a call, by the names that the APIs give
// them.
var settings = at(Param,
	"max_tokens", "max_completion_tokens", "max_output_tokens", "max_tokens_to_sample", "max_new_tokens", "max_length", "max_gen_len",
	"temperature", "top_p", "top_k", "min_p", "frequency_penalty", "presence_penalty", "repetition_penalty",
	"n", "best_of", "candidate_count", "num_generations",
)

// reveals are the switches with which a model tells the probabilities of its tokens, and the
// weights that are added to them.
var reveals = append(at(Reveal, "logprobs", "top_logprobs", "prompt_logprobs", "logit_bias", "response_logprobs", "output_scores", "output_logits"),
	within(Reveal, []string{"extra_body"}, "logprobs", "top_logprobs", "prompt_logprobs", "logit_bias")...)

// Some APIs take their settings in a dict.
var (
	googleSettings  = within(Param, []string{"config", "generation_config"}, "max_output_tokens", "temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "candidate_count", "number_of_images", "number_of_videos")
	ollamaSettings  = within(Param, []string{"options"}, "num_predict", "temperature", "top_p", "top_k", "min_p", "repeat_penalty", "frequency_penalty", "presence_penalty")
	bedrockSettings = within(Param, []string{"inferenceConfig"}, "maxTokens", "temperature", "topP")
	runSettings     = within(Param, []string{"input"}, "max_tokens", "max_new_tokens", "temperature", "top_p", "top_k")
)

// within lists the settings of a kind that a call takes as items of a dict.
func within(kind SinkKind, dicts []string, keys ...string) []Sink {
	var out []Sink
	for _, d := range dicts {
		for _, k := range keys {
			out = append(out, Sink{Kind: kind, Arg: Arg(d + "[" + k + "]")})
		}
	}
	return out
}

// taking adds the settings of a dict to a model.
func taking(sinks []Sink, m Model) Model {
	m.Sinks = append(m.Sinks, sinks...)
	return m
}

// seeing adds the addresses of pictures and films in the messages of a call. Whoever runs the model fetches them.
func seeing(messages Arg, m Model) Model {
	for _, of := range [...]Arg{"[content][image_url][url]", "[content][image_url]", "[content][video_url][url]", "[content][video_url]"} {
		m.Sinks = append(m.Sinks, Sink{Kind: URL, Arg: messages + of, Note: NoteShown})
	}
	return m
}

// configures models a call that only makes settings.
func configures(name string) Model {
	return Model{Name: name, Sinks: slices.Concat(settings, reveals)}
}

// calls models the call of an instance, `llm("…")`. The instance itself is no answer, so the
// label stands at what the call gives, see answerOf.
func calls(instance string, chat Chat) Model {
	m := answers(instance, chat)
	m.Source, m.From = NoLabel, ""
	return m
}

// answerOf models the result of calling an instance.
func answerOf(instance string) Model {
	return Model{Name: instance + "()", Source: LLM, From: modelAnswer}
}

// prompts models a call that only prepares model calls: an assistant or agent with its
// instructions.
func prompts(name string, chat Chat) Model {
	return Model{Name: name, Chat: &chat}
}

var hostedMessages = Chat{Messages: "messages", Tools: "tools", Hosted: true}

// byUse names clients that are handed in without a type by calls that nothing else has.
var byUse = Framework{Name: "clients by use", Version: "openai 2.8, google-genai 1.50, mistralai 1.9", Models: []Model{
	{Name: "?.chat.completions", SameAs: "openai.OpenAI().chat.completions"},
	{Name: "?.responses.{create,parse}", SameAs: "openai.OpenAI().responses.create"},
	{Name: "?.models.{generate_content,generate_content_stream}", SameAs: "google.genai.Client().models.generate_content"},
	{Name: "?.chat.{complete,complete_async}", SameAs: "mistralai.Mistral().chat.complete"},
}}

var openai = Framework{Name: "openai", Version: "2.8 (and 0.28)", Models: []Model{
	{Name: "openai.{AsyncOpenAI,AzureOpenAI,AsyncAzureOpenAI,Client,AsyncClient}", Extends: []string{"openai.OpenAI"}},
	{Name: "openai.lib.azure.{AzureOpenAI,AsyncAzureOpenAI}", Extends: []string{"openai.OpenAI"}},
	{Name: "openai.OpenAI", Sinks: at(URL, "base_url", "azure_endpoint"), NoPass: true},
	{Name: "openai.OpenAI().api_key", Source: Secret, From: ClientKey},
	{Name: "openai.api_key", Source: Secret, From: ClientKey},
	{Name: "openai.OpenAI().{with_options,copy}", Returns: "openai.OpenAI()"},
	{Name: "openai.OpenAI().chat.completions.{with_raw_response,with_streaming_response}", SameAs: "openai.OpenAI().chat.completions"},
	{Name: "openai.OpenAI().responses.{with_raw_response,with_streaming_response}", SameAs: "openai.OpenAI().responses"},
	{Name: "openai.OpenAI().beta.chat", SameAs: "openai.OpenAI().chat"},
	{Name: "openai.chat", SameAs: "openai.OpenAI().chat"},
	{Name: "openai.completions", SameAs: "openai.OpenAI().completions"},
	{Name: "openai.responses", SameAs: "openai.OpenAI().responses"},
	{Name: "openai.beta", SameAs: "openai.OpenAI().beta"},
	{Name: "openai.images", SameAs: "openai.OpenAI().images"},
	{Name: "openai.audio", SameAs: "openai.OpenAI().audio"},
	{Name: "openai.embeddings", SameAs: "openai.OpenAI().embeddings"},
	{Name: "openai.moderations", SameAs: "openai.OpenAI().moderations"},
	{Name: "openai.vector_stores", SameAs: "openai.OpenAI().vector_stores"},
	{Name: "openai.fine_tuning", SameAs: "openai.OpenAI().fine_tuning"},
	seeing("messages", answers("openai.OpenAI().chat.completions.{create,parse,stream}", hostedMessages)),
	seeing("input", answers("openai.OpenAI().responses.{create,parse,stream}", Chat{Messages: "input", System: []Arg{"instructions"}, Tools: "tools", Hosted: true})),
	answers("openai.OpenAI().completions.create", Chat{User: []Arg{"prompt"}, Hosted: true}),
	answers("openai.ChatCompletion.{create,acreate}", Chat{Messages: "messages", Tools: "functions", Hosted: true}),
	answers("openai.Completion.{create,acreate}", Chat{User: []Arg{"prompt"}, Hosted: true}),
	{Name: "openai.{Embedding.create,Embedding.acreate,Moderation.create,Moderation.acreate}", Number: true},
	{Name: "openai.Image.{create,acreate}", Sinks: append(at(PromptUser, "prompt"), at(Param, "model", "n")...), NoPass: true},
	{Name: "openai.Audio.{transcribe,translate,atranscribe}", Source: Document, From: FromSpeech, NoPass: true},

	// Assistants.
	prompts("openai.OpenAI().beta.assistants.{create,update}", Chat{System: []Arg{"instructions"}, Tools: "tools", Hosted: true}),
	prompts("openai.OpenAI().beta.threads.create", Chat{Messages: "messages", Hosted: true}),
	answers("openai.OpenAI().beta.threads.runs.{create,create_and_poll,create_and_stream,stream}", Chat{System: []Arg{"instructions", "additional_instructions"}, Messages: "additional_messages", Tools: "tools", Hosted: true}),
	answers("openai.OpenAI().beta.threads.{create_and_run,create_and_run_poll,create_and_run_stream}", Chat{System: []Arg{"instructions"}, Tools: "tools", Hosted: true}),
	prompts("openai.OpenAI().beta.threads.messages.create", Chat{User: []Arg{"content"}, Hosted: true}),
	{Name: "openai.OpenAI().beta.threads.messages.{list,retrieve}", Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "openai.OpenAI().beta.threads.runs.{retrieve,poll,submit_tool_outputs,submit_tool_outputs_and_poll}", Source: LLM, From: modelAnswer, NoPass: true},
	// Over a websocket, the session says what the system prompt is.
	{Name: "openai.OpenAI().beta.realtime", SameAs: "openai.OpenAI().realtime"},
	{Name: "openai.OpenAI().realtime.connect", NoPass: true},
	{Name: "openai.OpenAI().realtime.connect()[]", Source: LLM, From: modelAnswer},
	{Name: "openai.OpenAI().realtime.connect().{recv,parse_event}", Source: LLM, From: modelAnswer, NoPass: true},
	prompts("openai.OpenAI().realtime.connect().session.update", Chat{System: []Arg{"session[instructions]"}, Hosted: true}),
	prompts("openai.OpenAI().realtime.connect().response.create", Chat{System: []Arg{"response[instructions]"}, Hosted: true}),
	{Name: "openai.OpenAI().responses.retrieve", Source: LLM, From: modelAnswer, NoPass: true},

	{Name: "openai.OpenAI().audio.{transcriptions,translations}.create", Sinks: at(Param, "model"), Source: Document, From: FromSpeech, NoPass: true},
	{Name: "openai.OpenAI().audio.speech.create", Sinks: at(Param, "model"), NoPass: true},
	{Name: "openai.OpenAI().images.{generate,edit,create_variation}", Sinks: append(at(PromptUser, "prompt"), at(Param, "model", "n")...), NoPass: true},
	{Name: "openai.OpenAI().videos.{create,create_and_poll}", Sinks: append(at(PromptUser, "prompt"), at(Param, "model")...), NoPass: true},
	{Name: "openai.OpenAI().embeddings.create", Sinks: at(Param, "model"), Number: true},
	{Name: "openai.OpenAI().moderations.create", Sinks: at(Param, "model"), Number: true},
	{Name: "openai.OpenAI().vector_stores.search", Source: Retrieved, NoPass: true},
	{Name: "openai.OpenAI().vector_stores.{files.upload,files.upload_and_poll,file_batches.upload_and_poll}", Sinks: at(Ingest, "file", "files"), NoPass: true},
	{Name: "openai.OpenAI().files.create", Sinks: append([]Sink{{Kind: Ingest, Arg: "file", If: "purpose=fine-tune", Note: NoteTuning}}, at(Ingest, "file")...), NoPass: true},
	{Name: "{together.Together,together.AsyncTogether}().fine_tuning.create", Sinks: noted(Ingest, NoteTuning, "training_file", "validation_file"), NoPass: true},
	{Name: "{together.Together,together.AsyncTogether}().files.upload", Sinks: noted(Ingest, NoteTuning, "0:file"), NoPass: true},
	{Name: "mistralai.Mistral().fine_tuning.jobs.create", Sinks: noted(Ingest, NoteTuning, "training_files", "validation_files"), NoPass: true},
	{Name: "mistralai.Mistral().files.upload", Sinks: []Sink{{Kind: Ingest, Arg: "file", If: "purpose=fine-tune", Note: NoteTuning}}, NoPass: true},
	{Name: "boto3.client().create_model_customization_job", Sinks: noted(Ingest, NoteTuning, "trainingDataConfig", "validationDataConfig"), NoPass: true},
	{Name: "boto3.client().create_training_job", Sinks: noted(Ingest, NoteTuning, "InputDataConfig"), NoPass: true},
	{Name: "vertexai.{tuning,preview.tuning}.sft.train", Sinks: noted(Ingest, NoteTuning, "train_dataset", "validation_dataset"), NoPass: true},
	{Name: "openai.OpenAI().files.content", Source: Upload, NoPass: true},
	{Name: "openai.OpenAI().fine_tuning.jobs.create", Sinks: append(noted(Ingest, NoteTuning, "training_file", "validation_file"), Sink{Kind: Param, Arg: "model"}, Sink{Kind: Param, Arg: "hyperparameters", Note: NoteRate}), NoPass: true},
	{Name: "langfuse.openai", SameAs: "openai"},
	{Name: "{langsmith.wrappers.wrap_openai,langsmith.wrappers.wrap_anthropic,braintrust.wrap_openai,weave.integrations.patch_openai,portkey_ai.wrap,outlines.from_openai}", Returns: "args[0]"},
}}

var anthropic = Framework{Name: "anthropic and claude_agent_sdk", Version: "claude-agent-sdk 0.1, anthropic 0.76", Models: []Model{
	{Name: "claude_code_sdk", SameAs: "claude_agent_sdk"},
	answers("claude_agent_sdk.{query,query.query}", Chat{User: []Arg{"prompt"}}),
	{Name: "claude_agent_sdk.ClaudeSDKClient().query", Chat: &Chat{User: []Arg{"0:prompt"}}, NoPass: true},
	{Name: "claude_agent_sdk.ClaudeSDKClient().{receive_response,receive_messages}", Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "claude_agent_sdk.{client,types}", SameAs: "claude_agent_sdk"},
	{Name: "claude_agent_sdk.{ClaudeAgentOptions,ClaudeCodeOptions}", Chat: &Chat{System: []Arg{"system_prompt", "append_system_prompt"}}, NoPass: true},
	{Name: "anthropic.{AsyncAnthropic,Client,AsyncClient,AnthropicBedrock,AsyncAnthropicBedrock,AnthropicVertex,AsyncAnthropicVertex,AnthropicFoundry,AsyncAnthropicFoundry,AnthropicAWS,AsyncAnthropicAWS}", Extends: []string{"anthropic.Anthropic"}},
	{Name: "anthropic.lib.{bedrock.AnthropicBedrock,vertex.AnthropicVertex}", Extends: []string{"anthropic.Anthropic"}},
	{Name: "anthropic.Anthropic", Sinks: at(URL, "base_url"), NoPass: true},
	{Name: "anthropic.Anthropic().api_key", Source: Secret, From: ClientKey},
	{Name: "anthropic.Anthropic().{with_options,copy}", Returns: "anthropic.Anthropic()"},
	{Name: "anthropic.Anthropic().beta.messages", SameAs: "anthropic.Anthropic().messages"},
	{Name: "anthropic.Anthropic().messages.{with_raw_response,with_streaming_response}", SameAs: "anthropic.Anthropic().messages"},
	answers("anthropic.Anthropic().messages.{create,stream,parse,tool_runner}", Chat{Messages: "messages", System: []Arg{"system"}, Tools: "tools", NoSystemRole: true, Hosted: true}),
	answers("anthropic.Anthropic().completions.create", Chat{User: []Arg{"prompt"}, Hosted: true}),
	{Name: "anthropic.Anthropic().messages.count_tokens", Number: true},
	{Name: "anthropic.Anthropic().messages.batches.results", Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "anthropic.beta_tool", Callbacks: []Callback{{Arg: "decorated", Params: toolParams, Tool: true}}},
}}

var google = Framework{Name: "google-genai, google-generativeai and vertexai", Version: "google-genai 1.52, google-generativeai 0.8, google-cloud-aiplatform 1.128", Models: []Model{
	{Name: "google.genai.client.Client", SameAs: "google.genai.Client"},
	{Name: "google.genai.Client().aio", SameAs: "google.genai.Client()"},
	taking(googleSettings, answers("google.genai.Client().models.{generate_content,generate_content_stream}", Chat{Messages: "contents", System: []Arg{"config[system_instruction]"}, NoSystemRole: true, Hosted: true})),
	{Name: "google.genai.Client().chats.create", NoPass: true, Chat: &Chat{System: []Arg{"config[system_instruction]"}, Hosted: true}},
	{Name: "google.genai.Client().chats.create().get_history", Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "google.genai.Client().live.connect", NoPass: true, Chat: &Chat{System: []Arg{"config[system_instruction]"}, Hosted: true}},
	{Name: "google.genai.Client().live.connect().receive", Source: LLM, From: modelAnswer, NoPass: true},
	taking(googleSettings, answers("google.genai.Client().chats.create().{send_message,send_message_stream}", Chat{User: []Arg{"0:message"}, Hosted: true})),
	{Name: "google.genai.Client().models.{generate_images,generate_videos}", Sinks: append(at(PromptUser, "prompt"), at(Param, "model", "config[number_of_images]", "config[number_of_videos]")...), NoPass: true},
	{Name: "google.genai.Client().models.{embed_content,count_tokens,compute_tokens}", Number: true},
	{Name: "google.genai.types.{GenerateContentConfig,LiveConnectConfig}", Sinks: slices.Concat(noted(PromptSystem, "", "system_instruction"), at(PromptTool, "tools"), settings, reveals), Callbacks: []Callback{tool("tools")}},
	{Name: "google.genai.types.{GenerateImagesConfig,GenerateVideosConfig,EditImageConfig}", Sinks: at(Param, "number_of_images", "number_of_videos")},
	{Name: "{google.generativeai,google.generativeai.types,vertexai.generative_models,vertexai.preview.generative_models}.{GenerationConfig,GenerationConfigDict}", Sinks: slices.Concat(settings, reveals)},
	{Name: "google.genai.types.CreateCachedContentConfig", Sinks: at(PromptSystem, "system_instruction")},
	{Name: "google.genai.types.{Part.from_text,Part,Content,UserContent}", Pass: []Arg{"*"}},

	{Name: "google.generativeai.GenerativeModel", Chat: &Chat{System: []Arg{"system_instruction"}, Tools: "tools", Hosted: true}, NoPass: true},
	taking(googleSettings, answers("google.generativeai.GenerativeModel().{generate_content,generate_content_async}", Chat{Messages: "0:contents", NoSystemRole: true, Hosted: true})),
	{Name: "google.generativeai.GenerativeModel().start_chat", NoPass: true},
	taking(googleSettings, answers("google.generativeai.GenerativeModel().start_chat().{send_message,send_message_async}", Chat{User: []Arg{"0:content"}, Hosted: true})),
	{Name: "google.generativeai.GenerativeModel().start_chat().{last,history}", Source: LLM, From: modelAnswer},
	{Name: "{google.generativeai.ChatSession,vertexai.generative_models.ChatSession,vertexai.preview.generative_models.ChatSession}()", SameAs: "google.generativeai.GenerativeModel().start_chat()"},
	answers("google.generativeai.generate_text", Chat{User: []Arg{"prompt"}, Hosted: true}),
	answers("google.generativeai.chat", Chat{System: []Arg{"context"}, Messages: "messages", NoSystemRole: true, Hosted: true}),
	{Name: "google.generativeai.{embed_content,GenerativeModel().count_tokens}", Number: true},

	{Name: "{vertexai.generative_models.GenerativeModel,vertexai.preview.generative_models.GenerativeModel}", SameAs: "google.generativeai.GenerativeModel"},
	answers("{vertexai.language_models,vertexai.preview.language_models}.TextGenerationModel.from_pretrained().{predict,predict_async,predict_streaming}", Chat{User: []Arg{"0:prompt"}, Hosted: true}),
	{Name: "{vertexai.language_models,vertexai.preview.language_models}.{ChatModel,CodeChatModel}.from_pretrained().start_chat", Chat: &Chat{System: []Arg{"context"}, Hosted: true}, NoPass: true},
	answers("{vertexai.language_models,vertexai.preview.language_models}.{ChatModel,CodeChatModel}.from_pretrained().start_chat().{send_message,send_message_async,send_message_streaming}", Chat{User: []Arg{"0:message"}, Hosted: true}),
	{Name: "google.cloud.aiplatform.{Endpoint,Model}().predict", Source: LLM, From: modelAnswer, NoPass: true},
}}

var bedrock = Framework{Name: "boto3", Version: "1.41", Models: []Model{
	{Name: "{boto3.session.Session,boto3.Session}().client", SameAs: "boto3.client"},
	{Name: "{aioboto3.Session,aiobotocore.session.get_session}().{client,create_client}", SameAs: "boto3.client"},
	{Name: "boto3.client", NoPass: true},
	taking(bedrockSettings, answers("boto3.client().{converse,converse_stream}", Chat{Messages: "messages", System: []Arg{"system"}, NoSystemRole: true, Hosted: true})),
	answers("boto3.client().{invoke_model,invoke_model_with_response_stream}", Chat{User: []Arg{"body"}, Hosted: true}),
	answers("boto3.client().{invoke_agent,invoke_inline_agent}", Chat{User: []Arg{"inputText"}, System: []Arg{"instruction"}, Hosted: true}),
	answers("boto3.client().{retrieve_and_generate,retrieve_and_generate_stream}", Chat{User: []Arg{"input"}, Hosted: true}),
	prompts("boto3.client().{create_agent,update_agent}", Chat{System: []Arg{"instruction"}, Hosted: true}),
	{Name: "boto3.client().retrieve", Source: Retrieved, NoPass: true},
	{Name: "boto3.client().{invoke_endpoint,invoke_endpoint_async}", NoPass: true, Source: LLM, From: modelAnswer},
	{Name: "boto3.client().get_secret_value", Source: Secret, From: "the secrets manager", NoPass: true},
	{Name: "boto3.client().get_parameter", Source: Secret, From: "the parameter store", NoPass: true},
	{Name: "boto3.client().receive_message", Source: User, From: "a queue's message", NoPass: true},
	{Name: "boto3.client().{detect_document_text,analyze_document,get_document_text_detection,get_document_analysis,detect_text}", Source: Document, From: FromPicture, NoPass: true},
	{Name: "boto3.client().get_transcription_job", Source: Document, NoPass: true},
	{Name: "boto3.client().{upload_file,put_object,upload_fileobj}", NoPass: true},
	{Name: "boto3.resource().Table().{get_item,query,scan}", Source: Database, NoPass: true},
	{Name: "boto3.client().{get_item,query,scan,execute_statement}", Source: Database, NoPass: true},
}}

var otherLLMs = Framework{Name: "cohere, mistralai, groq, together, replicate, azure and others", Version: "cohere 5.20, mistralai 1.9, groq 0.36, together 1.5, replicate 1.0, azure-ai-inference 1.0b9", Models: []Model{
	{Name: "cohere.{AsyncClient,BedrockClient,SagemakerClient}", Extends: []string{"cohere.Client"}},
	{Name: "cohere.{AsyncClientV2,BedrockClientV2,SagemakerClientV2}", Extends: []string{"cohere.ClientV2"}},
	answers("cohere.Client().{chat,chat_stream}", Chat{System: []Arg{"preamble", "preamble_override"}, User: []Arg{"message"}, Messages: "chat_history", Tools: "tools", Hosted: true}),
	answers("cohere.Client().{generate,generate_stream,summarize}", Chat{User: []Arg{"prompt", "text"}, Hosted: true}),
	answers("cohere.ClientV2().{chat,chat_stream}", hostedMessages),
	{Name: "{cohere.Client,cohere.ClientV2}().v2", SameAs: "cohere.ClientV2()"},
	{Name: "cohere.{Client,ClientV2}().{embed,rerank,classify,tokenize,detokenize}", Number: true},

	{Name: "{mistralai.client.Mistral,mistralai_azure.MistralAzure,mistralai_gcp.MistralGoogleCloud,mistralai.azure.client.MistralAzure,mistralai.gcp.client.MistralGCP}", Extends: []string{"mistralai.Mistral"}},
	answers("mistralai.Mistral().chat.{complete,complete_async,stream,stream_async,parse,parse_async,parse_stream}", hostedMessages),
	answers("mistralai.Mistral().agents.{complete,complete_async,stream,stream_async}", hostedMessages),
	answers("mistralai.Mistral().fim.{complete,complete_async,stream,stream_async}", Chat{User: []Arg{"prompt", "suffix"}, Hosted: true}),
	answers("mistralai.Mistral().beta.conversations.{start,start_async,start_stream,append,append_async,append_stream}", Chat{Messages: "inputs", System: []Arg{"instructions"}, Tools: "tools", Hosted: true}),
	prompts("mistralai.Mistral().beta.agents.{create,update}", Chat{System: []Arg{"instructions"}, Tools: "tools", Hosted: true}),
	answers("{mistralai.client.MistralClient,mistralai.async_client.MistralAsyncClient}().{chat,chat_stream}", hostedMessages),
	{Name: "{mistralai,mistralai.models}.SystemMessage", Message: &Message{Role: "system", Content: "content"}, Returns: "mistralai.models.Message()"},
	{Name: "{mistralai,mistralai.models}.UserMessage", Message: &Message{Role: "user", Content: "content"}, Returns: "mistralai.models.Message()"},
	{Name: "{mistralai,mistralai.models}.AssistantMessage", Message: &Message{Role: "assistant", Content: "content"}, Returns: "mistralai.models.Message()"},
	{Name: "{mistralai,mistralai.models}.ToolMessage", Message: &Message{Role: "tool", Content: "content"}, Returns: "mistralai.models.Message()"},
	{Name: "mistralai.models.chat_completion.ChatMessage", Message: &Message{RoleArg: "role", Content: "content"}, Returns: "mistralai.models.Message()"},
	{Name: "mistralai.Mistral().embeddings.{create,create_async}", Number: true},
	{Name: "mistralai.Mistral().ocr.{process,process_async}", Source: Document, From: FromPicture, NoPass: true},

	{Name: "groq.AsyncGroq", Extends: []string{"groq.Groq"}},
	answers("groq.Groq().chat.completions.create", hostedMessages),
	{Name: "groq.Groq().audio.{transcriptions,translations}.create", Source: Document, From: FromSpeech, NoPass: true},
	{Name: "together.AsyncTogether", Extends: []string{"together.Together"}},
	answers("together.Together().chat.completions.create", hostedMessages),
	answers("together.Together().completions.create", Chat{User: []Arg{"prompt"}, Hosted: true}),
	answers("together.Complete.create", Chat{User: []Arg{"prompt"}, Hosted: true}),
	{Name: "cerebras.cloud.sdk.AsyncCerebras", Extends: []string{"cerebras.cloud.sdk.Cerebras"}},
	answers("cerebras.cloud.sdk.Cerebras().chat.completions.create", hostedMessages),
	answers("{fireworks.client,fireworks}.{ChatCompletion,Fireworks().chat.completions}.{create,acreate}", hostedMessages),
	answers("{zhipuai.ZhipuAI,zai.ZaiClient,zai.ZhipuAiClient}().chat.completions.create", hostedMessages),
	answers("dashscope.{Generation,MultiModalConversation,AioGeneration}.call", Chat{Messages: "messages", User: []Arg{"prompt"}, Hosted: true}),
	answers("qianfan.{ChatCompletion,Completion}().{do,ado}", Chat{Messages: "0:messages", System: []Arg{"system"}, Hosted: true}),
	answers("{portkey_ai.Portkey,portkey_ai.AsyncPortkey}().chat.completions.create", hostedMessages),
	answers("{aisuite.Client}().chat.completions.create", hostedMessages),
	answers("g4f.ChatCompletion.{create,create_async}", Chat{Messages: "1:messages"}),
	answers("xai_sdk.{Client,AsyncClient}().chat.create().{sample,stream}", Chat{Hosted: true}),

	taking(runSettings, answers("{replicate,replicate.Client()}.{run,stream,async_run,async_stream}", Chat{System: []Arg{"1:input[system_prompt]"}, User: []Arg{"1:input", "input"}, Hosted: true})),
	answers("{replicate,replicate.Client()}.{predictions,deployments.predictions,deployments.get().predictions,models.predictions}.{create,async_create}", Chat{System: []Arg{"input[system_prompt]"}, User: []Arg{"input"}, Hosted: true}),
	{Name: "{replicate,replicate.Client()}.predictions.{get,async_get}", Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "replicate.client.Client", SameAs: "replicate.Client"},

	{Name: "azure.ai.inference.aio", SameAs: "azure.ai.inference"},
	answers("azure.ai.inference.ChatCompletionsClient().complete", hostedMessages),
	{Name: "azure.ai.inference.models.{SystemMessage,DeveloperMessage}", Message: &Message{Role: "system", Content: "0:content"}, Returns: "azure.ai.inference.models.ChatRequestMessage()"},
	{Name: "azure.ai.inference.models.UserMessage", Message: &Message{Role: "user", Content: "0:content"}, Returns: "azure.ai.inference.models.ChatRequestMessage()"},
	{Name: "azure.ai.inference.models.AssistantMessage", Message: &Message{Role: "assistant", Content: "0:content"}, Returns: "azure.ai.inference.models.ChatRequestMessage()"},
	{Name: "azure.ai.inference.models.ToolMessage", Message: &Message{Role: "tool", Content: "0:content"}, Returns: "azure.ai.inference.models.ChatRequestMessage()"},
	{Name: "azure.ai.inference.EmbeddingsClient().embed", Number: true},
	prompts("{azure.ai.agents.AgentsClient(),azure.ai.projects.AIProjectClient().agents}.{create_agent,update_agent}", Chat{System: []Arg{"instructions"}, Tools: "tools", Hosted: true}),
	answers("{azure.ai.agents.AgentsClient(),azure.ai.projects.AIProjectClient().agents}.runs.{create,create_and_process,stream}", Chat{System: []Arg{"instructions", "additional_instructions"}, Hosted: true}),
	prompts("{azure.ai.agents.AgentsClient(),azure.ai.projects.AIProjectClient().agents}.messages.create", Chat{User: []Arg{"content"}, Hosted: true}),
	{Name: "{azure.ai.agents.AgentsClient(),azure.ai.projects.AIProjectClient().agents}.messages.{list,get_last_message_by_role,get_last_message_text_by_role}", Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "azure.keyvault.secrets.SecretClient().get_secret", Source: Secret, From: "the key vault", NoPass: true},
	{Name: "google.cloud.secretmanager.SecretManagerServiceClient().access_secret_version", Source: Secret, From: "the secret manager", NoPass: true},
	{Name: "google.colab.userdata.get", Source: Secret, From: "the notebook's secrets", NoPass: true},
	{Name: "kaggle_secrets.UserSecretsClient().get_secret", Source: Secret, From: "the notebook's secrets", NoPass: true},
}}

var litellm = Framework{Name: "litellm", Version: "1.80", Models: []Model{
	seeing("1:messages", named(answers("litellm.{completion,acompletion,batch_completion}", Chat{Messages: "1:messages", Tools: "tools", Hosted: true}))),
	seeing("1:messages", named(answers("litellm.{main.completion,main.acompletion}", Chat{Messages: "1:messages", Tools: "tools", Hosted: true}))),
	answers("litellm.{text_completion,atext_completion}", Chat{User: []Arg{"0:prompt"}, Hosted: true}),
	answers("litellm.{responses,aresponses}", Chat{Messages: "0:input", System: []Arg{"instructions"}, Tools: "tools", Hosted: true}),
	answers("litellm.{anthropic.messages.create,anthropic.messages.acreate}", Chat{Messages: "messages", System: []Arg{"system"}, Tools: "tools", NoSystemRole: true, Hosted: true}),
	seeing("1:messages", named(answers("litellm.Router().{completion,acompletion}", Chat{Messages: "1:messages", Tools: "tools", Hosted: true}))),
	named(answers("litellm.Router().{text_completion,atext_completion}", Chat{User: []Arg{"1:prompt"}, Hosted: true})),
	{Name: "litellm.{transcription,atranscription}", Source: Document, From: FromSpeech, NoPass: true},
	{Name: "litellm.{embedding,aembedding,moderation,amoderation,token_counter,completion_cost}", Number: true},
	{Name: "litellm.{image_generation,aimage_generation}", Sinks: append(at(PromptUser, "0:prompt"), at(Param, "model", "n")...), NoPass: true},
	{Name: "litellm.stream_chunk_builder", Source: LLM, From: modelAnswer, NoPass: true},
}}

var localLLMs = Framework{Name: "ollama, vllm, llama_cpp and other local runtimes", Version: "ollama 0.6, vllm 0.11, llama-cpp-python 0.3, ctransformers 0.2, mlx-lm 0.28, sglang 0.5, outlines 1.2", Models: []Model{
	{Name: "ollama.AsyncClient", Extends: []string{"ollama.Client"}},
	{Name: "ollama.Options", Sinks: at(Param, "num_predict", "temperature", "top_p", "top_k", "min_p", "repeat_penalty", "frequency_penalty", "presence_penalty"), NoPass: true},
	taking(slices.Concat(ollamaSettings, noted(Path, NoteShown, "1:messages[images]")), named(answers("{ollama,ollama.Client()}.chat", Chat{Messages: "1:messages", Tools: "tools"}))),
	taking(slices.Concat(ollamaSettings, noted(Path, NoteShown, "images")), named(answers("{ollama,ollama.Client()}.generate", Chat{System: []Arg{"system"}, User: []Arg{"1:prompt", "2:suffix"}}))),
	{Name: "{ollama,ollama.Client()}.{embed,embeddings}", Number: true},
	prompts("{ollama,ollama.Client()}.create", Chat{System: []Arg{"system"}, Messages: "messages"}),
	{Name: "{ollama,ollama.Client()}.pull", Sinks: at(ModelSource, "0:model"), NoPass: true},
	{Name: "{ollama,ollama.Client()}.{web_search,web_fetch}", Source: Web, From: FromPage, NoPass: true},

	{Name: "vllm.LLM", Sinks: at(ModelSource, "0:model", "1:tokenizer"), NoPass: true},
	{Name: "vllm.entrypoints.llm.LLM", SameAs: "vllm.LLM"},
	seeing("0:messages", answers("vllm.LLM().chat", Chat{Messages: "0:messages", Tools: "tools"})),
	answers("vllm.LLM().{generate,beam_search}", Chat{User: []Arg{"0:prompts"}}),
	configures("{vllm.SamplingParams,vllm.sampling_params.SamplingParams}"),
	{Name: "vllm.LLM().{encode,embed,score,classify}", Number: true},
	{Name: "vllm.{AsyncEngineArgs,EngineArgs}", Sinks: at(ModelSource, "0:model", "tokenizer")},
	answers("vllm.{AsyncLLMEngine.from_engine_args(),AsyncLLMEngine(),AsyncLLM.from_engine_args(),v1.engine.async_llm.AsyncLLM.from_engine_args(),v1.engine.async_llm.AsyncLLM()}.generate", Chat{User: []Arg{"0:prompt"}}),
	answers("sglang.Engine().{generate,async_generate}", Chat{User: []Arg{"0:prompt"}}),
	{Name: "sglang.Engine", Sinks: at(ModelSource, "model_path"), NoPass: true},

	{Name: "{llama_cpp.Llama,llama_cpp.llama.Llama}", Sinks: at(ModelSource, "0:model_path"), NoPass: true, Returns: "llama_cpp.Llama()"},
	{Name: "llama_cpp.Llama.from_pretrained", Sinks: at(ModelSource, "0:repo_id"), NoPass: true, Returns: "llama_cpp.Llama()"},
	answers("llama_cpp.Llama().{__call__,create_completion}", Chat{User: []Arg{"0:prompt", "1:suffix"}}),
	calls("llama_cpp.Llama()", Chat{User: []Arg{"0:prompt", "1:suffix"}}), answerOf("llama_cpp.Llama()"),
	answers("llama_cpp.Llama().{create_chat_completion,create_chat_completion_openai_v1}", Chat{Messages: "0:messages", Tools: "tools"}),
	{Name: "llama_cpp.Llama().generate", Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "llama_cpp.Llama().{embed,create_embedding}", Number: true},
	{Name: "llama_cpp.Llama().{tokenize,detokenize}", Pass: []Arg{"0"}},
	{Name: "ctransformers.AutoModelForCausalLM.from_pretrained", Sinks: at(ModelSource, "0:model_path_or_repo_id"), NoPass: true},
	calls("ctransformers.AutoModelForCausalLM.from_pretrained()", Chat{User: []Arg{"0:prompt"}}), answerOf("ctransformers.AutoModelForCausalLM.from_pretrained()"),
	{Name: "gpt4all.GPT4All", Sinks: append(at(ModelSource, "0:model_name"), at(Path, "1:model_path")...), NoPass: true},
	answers("gpt4all.GPT4All().generate", Chat{User: []Arg{"0:prompt"}}),
	{Name: "gpt4all.GPT4All().chat_session", Chat: &Chat{System: []Arg{"0:system_message"}}, Returns: "self"},
	{Name: "mlx_lm.load", Sinks: at(ModelSource, "0:path_or_hf_repo"), NoPass: true},
	answers("mlx_lm.{generate,stream_generate}", Chat{User: []Arg{"2:prompt"}}),
	calls("outlines.generate.{text,json,regex,choice,format}()", Chat{User: []Arg{"0:prompts"}}), answerOf("outlines.generate.{text,json,regex,choice,format}()"),
	{Name: "guidance.gen", Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "ctranslate2.{Translator,Generator,Encoder}", Sinks: at(ModelSource, "0:model_path"), NoPass: true},
	{Name: "{ctranslate2.Translator().translate_batch,ctranslate2.Generator().generate_batch}", Source: LLM, From: modelAnswer, NoPass: true},
}}
