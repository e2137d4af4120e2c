package models

import "slices"

// hfModels are the classes of transformers that hold a model.
const hfModels = "{AutoModel,AutoModelForCausalLM,AutoModelForSeq2SeqLM,AutoModelForMaskedLM,AutoModelForSequenceClassification,AutoModelForTokenClassification,AutoModelForQuestionAnswering,AutoModelForMultipleChoice,AutoModelForImageClassification,AutoModelForImageTextToText,AutoModelForVision2Seq,AutoModelForSpeechSeq2Seq,AutoModelForCTC,AutoModelForAudioClassification,AutoModelForObjectDetection,AutoModelForSemanticSegmentation,AutoModelForImageSegmentation,AutoModelForZeroShotImageClassification,AutoModelForPreTraining,AutoModelForDepthEstimation,LlamaForCausalLM,LlamaModel,MistralForCausalLM,MixtralForCausalLM,Qwen2ForCausalLM,Qwen3ForCausalLM,Qwen2VLForConditionalGeneration,Qwen2_5_VLForConditionalGeneration,GemmaForCausalLM,Gemma3ForConditionalGeneration,PhiForCausalLM,FalconForCausalLM,GPT2LMHeadModel,GPT2Model,GPTNeoForCausalLM,GPTNeoXForCausalLM,GPTJForCausalLM,OPTForCausalLM,BloomForCausalLM,T5ForConditionalGeneration,T5EncoderModel,MT5ForConditionalGeneration,BartForConditionalGeneration,MarianMTModel,PegasusForConditionalGeneration,BertModel,BertForSequenceClassification,BertForMaskedLM,BertForTokenClassification,BertForQuestionAnswering,RobertaModel,RobertaForSequenceClassification,DistilBertModel,DistilBertForSequenceClassification,DebertaV2ForSequenceClassification,ElectraForSequenceClassification,XLMRobertaModel,ViTModel,ViTForImageClassification,CLIPModel,CLIPTextModel,CLIPVisionModel,SiglipModel,BlipForConditionalGeneration,Blip2ForConditionalGeneration,LlavaForConditionalGeneration,LlavaNextForConditionalGeneration,PaliGemmaForConditionalGeneration,Idefics3ForConditionalGeneration,WhisperForConditionalGeneration,Wav2Vec2ForCTC,Wav2Vec2Model,VisionEncoderDecoderModel,EncoderDecoderModel,DetrForObjectDetection,SamModel,DonutSwinModel}"

// chatTemplate is the Jinja program that comes with a tokenizer.
func chatTemplate(name string) Model {
	return Model{Name: name, Source: Web, From: "the chat template of a tokenizer", SourceFor: []SinkKind{Template}}
}

// allBut lists the sinks other than those given.
func allBut(kinds ...SinkKind) []SinkKind {
	var out []SinkKind
	for k := NoSink + 1; k < sinkCount; k++ {
		if !slices.Contains(kinds, k) {
			out = append(out, k)
		}
	}
	return out
}

// tokensCut are conditions under which a tokenizer gives no more tokens than it is told. It
// also cuts where only max_length is given.
var tokensCut = []string{"truncation=True", "truncation=longest_first", "truncation=only_first", "truncation=only_second", "max_length!=None"}

// attention are the inputs of a model that decide which of the tokens it sees, and where.
var attention = at(Param, "attention_mask", "position_ids", "head_mask", "decoder_attention_mask", "past_key_values")

// generateSinks are what generate() is given besides.
var generateSinks = slices.Concat(noted(Length, NoteLength, "*"), attention, settings, reveals, beams)

// pipelineTexts are the texts that a pipeline's model generates from, as long as nothing cuts
// them.
var pipelineTexts = func() []Sink {
	var out []Sink
	for _, task := range []string{"0:task=text-generation", "0:task=text2text-generation", "0:task=summarization", "0:task^=translation"} {
		for _, arg := range []Arg{"0:text_inputs", "inputs", "args"} {
			out = append(out, Sink{Kind: Length, Arg: arg, Note: NoteLength, If: "()" + task + ", truncation!=True, ()truncation!=True"})
		}
	}
	return out
}()

// pictures are the arguments of a pipeline that are pictures, or addresses and paths of some, and its chats.
var pictures = []Arg{"0:image", "images", "inputs", "video", "videos", "text"}

// pipelinePictures are those of a pipeline that is made for a task about pictures.
var pipelinePictures = func() []Sink {
	const tasks = "()0:task^=visual-question-answering|vqa|document-question-answering|image-|object-detection|zero-shot-image-classification|zero-shot-object-detection|mask-generation|depth-estimation|video-classification"
	var out []Sink
	for _, arg := range pictures {
		s := Sink{Kind: URL, Arg: arg, If: tasks, Note: NoteImage}
		if arg == "text" {
			s.Note = NoteImages
		}
		out = append(out, s)
	}
	return out
}()

// styles are the arguments that say which weights are loaded into a pipeline of diffusers.
var styles = noted(ModelSource, NoteStyle, "0:pretrained_model_name_or_path_or_dict", "pretrained_model_name_or_path", "weight_name", "subfolder")

// trainerData are the data sets that a trainer is given.
var trainerData = []Sink{{Kind: TrainData, Arg: "train_dataset", Note: NoteTraining}, {Kind: EvalData, Arg: "eval_dataset"}}

var transformers = Framework{Name: "transformers", Version: "4.57 (and 5.0)", Models: []Model{
	{Name: "transformers.{PreTrainedModel,modeling_utils.PreTrainedModel,TFPreTrainedModel,FlaxPreTrainedModel,GenerationMixin}", Extends: []string{"torch.nn.Module"}},
	{Name: "transformers." + hfModels, Extends: []string{"transformers.PreTrainedModel"}},
	{Name: "transformers." + hfModels + ".from_pretrained", Returns: "transformers.PreTrainedModel()", NoPass: true},
	{Name: "transformers." + hfModels + ".from_config", Returns: "transformers.PreTrainedModel()", NoPass: true},
	{Name: "transformers.models.*.*.*.from_pretrained", Sinks: at(ModelSource, "0:pretrained_model_name_or_path"), Returns: "transformers.PreTrainedModel()", NoPass: true},
	// Whatever class it is called on, the first argument says what is loaded.
	{Name: "transformers.*.from_pretrained", Sinks: append(at(ModelSource, "0:pretrained_model_name_or_path"), noted(Size, NoteTokens, "image_size", "patch_size")...), NoPass: true},
	{Name: "transformers.*.from_pretrained().generate", Sinks: generateSinks, Source: LLM, From: modelAnswer, NoPass: true},
	taking(beams, configures("transformers.{GenerationConfig,generation.GenerationConfig}")),
	{Name: "{modelscope,optimum.onnxruntime,optimum.intel,optimum.gptq,auto_gptq,awq,intel_extension_for_transformers.transformers,unsloth,adapters}.*.{from_pretrained,from_quantized}", Sinks: at(ModelSource, "0:model_name_or_path", "pretrained_model_name_or_path", "model_id", "model_name"), Returns: "transformers.PreTrainedModel()", NoPass: true},
	{Name: "modelscope.{snapshot_download,hub.snapshot_download.snapshot_download}", Sinks: at(ModelSource, "0:model_id"), NoPass: true},
	{Name: "modelscope.{pipeline,pipelines.pipeline}", SameAs: "transformers.pipeline"},
	{Name: "transformers.PreTrainedModel()", Sinks: attention},
	{Name: "transformers.PreTrainedModel().generate", Sinks: generateSinks, Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "transformers.PreTrainedModel().chat", Source: LLM, From: modelAnswer, NoPass: true, Chat: &Chat{User: []Arg{"1:query"}, Messages: "history"}},
	{Name: "transformers.PreTrainedModel().load_adapter", Sinks: at(ModelSource, "0:peft_model_id"), NoPass: true},
	{Name: "transformers.PreTrainedModel().save_pretrained", Sinks: output("0:save_directory"), NoPass: true},
	{Name: "transformers.PreTrainedModel().push_to_hub", NoPass: true},
	{Name: "transformers.PreTrainedModel().{get_input_embeddings,get_output_embeddings}", Returns: "torch.nn.Module()", NoPass: true},

	{Name: "transformers.{AutoTokenizer,AutoProcessor,PreTrainedTokenizerFast,LlamaTokenizer,GPT2Tokenizer,GPT2TokenizerFast,BertTokenizer,BertTokenizerFast,T5Tokenizer,RobertaTokenizer}.from_pretrained", Returns: "transformers.PreTrainedTokenizerBase()", NoPass: true},
	{Name: "transformers.{PreTrainedTokenizer,PreTrainedTokenizerFast,AutoTokenizer,ProcessorMixin}", Extends: []string{"transformers.PreTrainedTokenizerBase"}},
	{Name: "transformers.PreTrainedTokenizerBase()", Pass: []Arg{"0:text", "0:images", "text"}, Sinks: append(at(Tokens, "0:text"), noted(Length, NoteTokenized, "0:text")...), Cleans: []SinkKind{Length}, CleansIf: tokensCut},
	{Name: "transformers.PreTrainedTokenizerBase().{encode,encode_plus,batch_encode_plus}", Pass: []Arg{"0:text"}, Sinks: append(at(Tokens, "0:text", "0:batch_text_or_text_pairs"), noted(Length, NoteTokenized, "0:text", "0:batch_text_or_text_pairs")...), Cleans: []SinkKind{Length}, CleansIf: tokensCut},
	{Name: "transformers.PreTrainedTokenizerBase().tokenize", Pass: []Arg{"0:text"}, Sinks: at(Tokens, "0:text"), Cleans: []SinkKind{Length}, CleansIf: tokensCut},
	{Name: "transformers.PreTrainedTokenizerBase().{decode,batch_decode,convert_ids_to_tokens,convert_tokens_to_string}", Pass: []Arg{"0:token_ids", "0:sequences"}},
	{Name: "transformers.PreTrainedTokenizerBase().apply_chat_template", Chat: &Chat{Messages: "0:conversation", Tools: "1:tools"}, Pass: []Arg{"0:conversation"}, Sinks: append(at(Template, "chat_template"), Sink{Kind: URL, Arg: "0:conversation", If: "tokenize=True", Note: NoteImages}), Cleans: []SinkKind{Length}, CleansIf: tokensCut},
	chatTemplate("transformers.PreTrainedTokenizerBase().{chat_template,default_chat_template}"), chatTemplate("transformers.*.from_pretrained().{chat_template,default_chat_template}"),
	{Name: "transformers.{AutoConfig,PretrainedConfig,PreTrainedConfig}.from_pretrained", Source: Web, From: "the model's config", SourceFor: []SinkKind{Path}, NoPass: true},

	// A pipeline is called with the text, or a chat.
	{Name: "transformers.{pipeline,pipelines.pipeline}", Sinks: at(ModelSource, "1:model", "3:tokenizer"), Returns: "transformers.Pipeline()", NoPass: true},
	{Name: "transformers.{TextGenerationPipeline,Text2TextGenerationPipeline,SummarizationPipeline,TranslationPipeline,QuestionAnsweringPipeline,ImageToTextPipeline,ImageTextToTextPipeline}", Extends: []string{"transformers.Pipeline"}},
	taking(slices.Concat([]Sink{{Kind: URL, Arg: "0:inputs", If: "()0:task=automatic-speech-recognition", Note: NoteAudio}}, pipelinePictures, pipelineTexts, beams, classified), calls("transformers.Pipeline()", Chat{Messages: "0:text_inputs"})),
	answerOf("transformers.Pipeline()"),
	taking(noted(URL, NoteImage, pictures...), calls("transformers.{VisualQuestionAnsweringPipeline,DocumentQuestionAnsweringPipeline,ImageToTextPipeline,ImageTextToTextPipeline,ImageClassificationPipeline,ZeroShotImageClassificationPipeline,ObjectDetectionPipeline,ZeroShotObjectDetectionPipeline,ImageSegmentationPipeline,MaskGenerationPipeline,DepthEstimationPipeline,ImageFeatureExtractionPipeline,VideoClassificationPipeline}()", Chat{Messages: "0:text_inputs"})),
	{Name: "transformers.{image_utils.load_image,image_utils.load_images,image_utils.load_video,video_utils.load_video}", Sinks: noted(URL, NoteImage, "0:image", "0:images", "0:video"), NoPass: true},
	{Name: "transformers.AutomaticSpeechRecognitionPipeline()", Sinks: noted(URL, NoteAudio, "0:inputs"), NoPass: true},

	{Name: "transformers.{Trainer,Seq2SeqTrainer}", Sinks: append(noted(Ingest, NoteTraining, "train_dataset"), trainerData...), NoPass: true},
	{Name: "{transformers,trl}.*().evaluate", Sinks: at(EvalData, "0:eval_dataset"), NoPass: true},
	{Name: "transformers.{TrainingArguments,Seq2SeqTrainingArguments,training_args.TrainingArguments}", Sinks: append(noted(Param, NoteRate, "learning_rate"), output("0:output_dir")...), NoPass: true},
	{Name: "trl.{SFTConfig,DPOConfig,PPOConfig,KTOConfig,ORPOConfig,RewardConfig,CPOConfig,GRPOConfig,RLOOConfig}", Sinks: append(noted(Param, NoteRate, "learning_rate"), output("0:output_dir")...), NoPass: true},
	{Name: "peft.{PromptTuningConfig,MultitaskPromptTuningConfig}", Sinks: noted(Param, NoteSoftPrompt, "prompt_tuning_init_text", "num_virtual_tokens"), NoPass: true},
	{Name: "peft.{PrefixTuningConfig,PromptEncoderConfig}", Sinks: noted(Param, NoteSoftPrompt, "num_virtual_tokens"), NoPass: true},
	{Name: "peft.AdaptionPromptConfig", Sinks: noted(Param, NoteSoftPrompt, "adapter_len"), NoPass: true},
	{Name: "transformers.Trainer().train", Does: Fit, Sinks: at(ModelSource, "0:resume_from_checkpoint"), NoPass: true},
	{Name: "transformers.{load_tool,Tool.from_hub,Agent.from_hub}", Sinks: at(Exec, "0"), NoPass: true},
	{Name: "transformers.{TextDataset,LineByLineTextDataset}", Sinks: at(DataSource, "file_path"), NoPass: true},
	{Name: "transformers.dynamic_module_utils.get_class_from_dynamic_module", Sinks: at(Exec, "1:pretrained_model_name_or_path"), NoPass: true},
	{Name: "transformers.utils.cached_file", Sinks: at(ModelSource, "0:path_or_repo_id"), NoPass: true},
	{Name: "transformers.TextIteratorStreamer()[]", Source: LLM, From: modelAnswer},

	{Name: "{peft.PeftModel,peft.AutoPeftModelForCausalLM,peft.AutoPeftModel,peft.AutoPeftModelForSequenceClassification}", Extends: []string{"transformers.PreTrainedModel"}},
	{Name: "peft.{PeftModel,PeftModelForCausalLM,PeftModelForSeq2SeqLM,PeftModelForSequenceClassification,PeftModelForTokenClassification,PeftModelForQuestionAnswering,PeftModelForFeatureExtraction,PeftMixedModel}.from_pretrained", Sinks: at(ModelSource, "1:model_id"), Returns: "peft.PeftModel()", NoPass: true},
	{Name: "peft.{AutoPeftModelForCausalLM,AutoPeftModel,AutoPeftModelForSequenceClassification,AutoPeftModelForSeq2SeqLM,AutoPeftModelForTokenClassification,AutoPeftModelForQuestionAnswering,AutoPeftModelForFeatureExtraction}.from_pretrained", Sinks: at(ModelSource, "0:pretrained_model_name_or_path"), Returns: "peft.PeftModel()", NoPass: true},
	{Name: "peft.{PeftConfig,LoraConfig}.from_pretrained", Sinks: at(ModelSource, "0:pretrained_model_name_or_path"), NoPass: true},
	{Name: "peft.*.from_pretrained().base_model_name_or_path", Source: Web, From: "base model that the adapter's config names"},
	{Name: "adapters.AutoAdapterModel.from_pretrained", Returns: "transformers.PreTrainedModel()", NoPass: true},
	{Name: "transformers.PreTrainedModel().{add_adapter_fusion,load_adapter_fusion}", Sinks: at(ModelSource, "0:adapter_fusion_name_or_path", "0:adapters_list"), NoPass: true},
	{Name: "vllm.lora.request.LoRARequest", Sinks: at(ModelSource, "2:lora_path", "lora_local_path"), NoPass: true},
	{Name: "peft.{get_peft_model,prepare_model_for_kbit_training,prepare_model_for_int8_training}", Returns: "args[0]"},
	{Name: "peft.{PeftModel().merge_and_unload,PeftModel().unload}", Returns: "self"},
	{Name: "peft.{PeftModel().load_adapter,load_peft_weights}", Sinks: at(ModelSource, "0:model_id"), NoPass: true},
	{Name: "trl.{SFTTrainer,DPOTrainer,PPOTrainer,KTOTrainer,ORPOTrainer,RewardTrainer,CPOTrainer}", Sinks: append(append(noted(Ingest, NoteTraining, "train_dataset"), trainerData...), at(ModelSource, "0:model")...), Callbacks: []Callback{{Arg: "formatting_func", Params: map[string]Label{"0": Dataset}, Result: TrainData, Note: NoteTraining}}, NoPass: true},
	{Name: "trl.{trainer.GRPOTrainer,trainer.grpo_trainer.GRPOTrainer}", SameAs: "trl.GRPOTrainer"},
	{Name: "trl.{trainer.RLOOTrainer,trainer.rloo_trainer.RLOOTrainer}", SameAs: "trl.RLOOTrainer"},
	{Name: "trl.{trainer.OnlineDPOTrainer,trainer.online_dpo_trainer.OnlineDPOTrainer,experimental.online_dpo.OnlineDPOTrainer}", SameAs: "trl.OnlineDPOTrainer"},
	{Name: "trl.{GRPOTrainer,RLOOTrainer,OnlineDPOTrainer}", Sinks: append(append(noted(Ingest, NoteTraining, "train_dataset"), trainerData...), at(ModelSource, "0:model")...), Callbacks: []Callback{
		{Arg: "reward_funcs", Params: map[string]Label{"completions": LLM, "completion_ids": NoLabel, "*": Dataset}, From: FromCompletion},
		{Arg: "1", Params: map[string]Label{"completions": LLM, "completion_ids": NoLabel, "*": Dataset}, From: FromCompletion},
	}, NoPass: true},
	{Name: "trl.{AutoModelForCausalLMWithValueHead,AutoModelForSeq2SeqLMWithValueHead}.from_pretrained", Sinks: at(ModelSource, "0:pretrained_model_name_or_path"), Returns: "transformers.PreTrainedModel()", NoPass: true},
	{Name: "accelerate.{load_checkpoint_and_dispatch,load_checkpoint_in_model}", Sinks: at(ModelSource, "1:checkpoint"), NoPass: true},
	{Name: "accelerate.Accelerator().load_state", Sinks: append(at(ModelSource, "0:input_dir"), at(State, "0:input_dir")...), NoPass: true},
	{Name: "accelerate.Accelerator().{prepare_model,unwrap_model}", Returns: "args[0]"},
	{Name: "accelerate.Accelerator().prepare", Pass: []Arg{"*"}},

	{Name: "diffusers.ModelMixin", Extends: []string{"torch.nn.Module"}},
	{Name: "diffusers.{UNet2DConditionModel,AutoencoderKL,ControlNetModel,FluxTransformer2DModel,SD3Transformer2DModel}", Extends: []string{"diffusers.ModelMixin"}},
	{Name: "diffusers.*.from_pretrained", Sinks: at(ModelSource, "0:pretrained_model_name_or_path", "custom_pipeline"), Returns: "diffusers.DiffusionPipeline()", NoPass: true},
	{Name: "diffusers.*.{from_single_file,from_ckpt}", Sinks: at(ModelSource, "0:pretrained_model_link_or_path"), Returns: "diffusers.DiffusionPipeline()", NoPass: true},
	{Name: "diffusers.DiffusionPipeline()", Sinks: slices.Concat(at(PromptUser, "0:prompt", "negative_prompt"), noted(Size, NoteCanvas, "width", "height", "num_inference_steps", "num_images_per_prompt"), denoised), NoPass: true},
	{Name: "diffusers.DiffusionPipeline().{load_lora_weights,load_textual_inversion,load_ip_adapter,load_attn_procs,unet.load_attn_procs,unet.load_lora_adapter,transformer.load_attn_procs,transformer.load_lora_adapter}", Sinks: styles, NoPass: true},
	{Name: "diffusers.ModelMixin().{load_attn_procs,load_lora_adapter}", Sinks: styles, NoPass: true},
	{Name: "?.{load_lora_weights,load_textual_inversion,load_ip_adapter,load_attn_procs}", Sinks: styles, NoPass: true},
	{Name: "diffusers.DiffusionPipeline().to", Returns: "self"},
	{Name: "diffusers.loaders.*", Sinks: at(URL, "0:image"), NoPass: true},
	{Name: "diffusers.utils.{load_image,load_video,loading_utils.load_image,loading_utils.load_video,testing_utils.load_image,testing_utils.load_video}", Sinks: noted(URL, NoteImage, "0:image", "0:video"), NoPass: true},

	{Name: "sentence_transformers.{SentenceTransformer,CrossEncoder,SparseEncoder}", Sinks: at(ModelSource, "0:model_name_or_path", "model_name"), Extends: []string{"torch.nn.Module"}, NoPass: true},
	{Name: "sentence_transformers.{SentenceTransformer().encode,SentenceTransformer().encode_query,SentenceTransformer().encode_document,CrossEncoder().predict,util.cos_sim,util.dot_score,util.semantic_search}", Number: true},
	{Name: "{FlagEmbedding,InstructorEmbedding}.*", Sinks: at(ModelSource, "0:model_name_or_path"), NoPass: true},
	{Name: "{setfit.SetFitModel,span_marker.SpanMarkerModel,gliner.GLiNER,keybert.KeyBERT}.from_pretrained", Sinks: at(ModelSource, "0:pretrained_model_name_or_path"), NoPass: true},
	{Name: "tokenizers.Tokenizer.{from_pretrained,from_file,from_str}", Sinks: at(ModelSource, "0"), Returns: "tokenizers.Tokenizer()", NoPass: true},
}}

// hubFile is what reports call a file that a download from a model hub gives.
// kaggleFiles is what reports call files out of a data set or notebook of Kaggle's.
const kaggleFiles = "files that Kaggle serves"

// FromCompletion is what reports call what a model in training has written for a reward function.
const FromCompletion = "a completion of the model in training"

const hubFile = "a file from the model hub"

// hubCleans are the sinks for which the name of a downloaded file is harmless. Its bytes
// are what others uploaded, which matters where they are unpickled or run.
var hubCleans = []SinkKind{
	PromptSystem, PromptUser, PromptTemplate, PromptTool, Param, Ingest, Shell, SQL, HTML, Path, URL, ModelSource, DataSource, Log, Response, Size,
}

var hub = Framework{Name: "huggingface_hub and datasets", Version: "huggingface_hub 1.1, datasets 4.4, evaluate 0.4, safetensors 0.7", Models: []Model{
	{Name: "huggingface_hub.{hf_hub_download,cached_download,HfApi().hf_hub_download,file_download.hf_hub_download}", Sinks: append(at(ModelSource, "0:repo_id"), at(Path, "1:filename", "local_dir")...), Source: Web, From: hubFile, Cleans: hubCleans, NoPass: true, Writes: &Write{File: "local_dir", Fetched: Web, If: "local_dir!=None"}},
	{Name: "huggingface_hub.{snapshot_download,HfApi().snapshot_download,_snapshot_download.snapshot_download}", Sinks: append(at(ModelSource, "0:repo_id"), at(Path, "local_dir")...), Source: Web, From: hubFile, Cleans: hubCleans, NoPass: true, Writes: &Write{File: "local_dir", Fetched: Web, If: "local_dir!=None"}},
	{Name: "huggingface_hub.{hf_hub_url,from_pretrained_keras,from_pretrained_fastai}", Sinks: at(ModelSource, "0:repo_id"), NoPass: true},
	{Name: "huggingface_hub.*.from_pretrained", Sinks: at(ModelSource, "0:pretrained_model_name_or_path"), NoPass: true},
	{Name: "huggingface_hub.{get_token,utils.get_token,HfFolder.get_token}", Source: Secret, From: "the Hub token", NoPass: true},
	{Name: "huggingface_hub.{upload_file,HfApi().upload_file}", Sinks: noted(Ingest, NoteUploaded, "0:path_or_fileobj"), NoPass: true},
	{Name: "huggingface_hub.{upload_folder,HfApi().upload_folder,create_repo,login}", NoPass: true},
	{Name: "{huggingface_hub.ModelCard.load,huggingface_hub.DatasetCard.load,huggingface_hub.RepoCard.load}", Source: Web, From: "a model card", NoPass: true},
	{Name: "huggingface_hub.{HfApi().model_info,HfApi().dataset_info,model_info,dataset_info,HfApi().list_repo_files,list_repo_files}", Sinks: at(ModelSource, "0:repo_id"), Source: Web, From: apiAnswer, NoPass: true},
	{Name: "huggingface_hub.{list_models,HfApi().list_models}", Source: Web, From: apiAnswer, NoPass: true},
	{Name: "huggingface_hub.HfFileSystem().{open,read_text,cat,ls}", Sinks: at(ModelSource, "0:path"), NoPass: true},
	{Name: "huggingface_hub.AsyncInferenceClient", Extends: []string{"huggingface_hub.InferenceClient"}},
	{Name: "huggingface_hub.inference._client.InferenceClient", SameAs: "huggingface_hub.InferenceClient"},
	{Name: "huggingface_hub.InferenceClient", Sinks: append(at(Param, "0:model"), at(URL, "base_url")...), NoPass: true},
	answers("huggingface_hub.InferenceClient().{chat_completion,chat.completions.create}", Chat{Messages: "0:messages", Tools: "tools", Hosted: true}),
	answers("huggingface_hub.InferenceClient().text_generation", Chat{User: []Arg{"0:prompt"}, Hosted: true}),
	answers("huggingface_hub.InferenceClient().{summarization,translation,conversational,question_answering,document_question_answering,visual_question_answering,fill_mask,table_question_answering}", Chat{Hosted: true}),
	{Name: "huggingface_hub.InferenceClient().{automatic_speech_recognition,image_to_text}", Source: Document, NoPass: true},
	{Name: "huggingface_hub.InferenceClient().text_to_image", Sinks: at(PromptUser, "0:prompt"), NoPass: true},
	{Name: "huggingface_hub.InferenceClient().{feature_extraction,sentence_similarity,zero_shot_classification,text_classification}", Number: true},
	{Name: "huggingface_hub.InferenceApi()", Sinks: at(PromptUser, "0:inputs"), NoPass: true},
	answerOf("huggingface_hub.InferenceApi()"),
	answers("text_generation.{Client,AsyncClient,InferenceAPIClient}().{generate,generate_stream}", Chat{User: []Arg{"0:prompt"}}),

	{Name: "datasets.{load_dataset,load.load_dataset,load_dataset_builder}", Sinks: at(DataSource, "0:path", "data_files", "data_dir"), Source: Dataset, Returns: "datasets.Dataset()", NoPass: true},
	{Name: "datasets.{load_from_disk,Dataset.load_from_disk,DatasetDict.load_from_disk}", Sinks: at(DataSource, "0:dataset_path"), Returns: "datasets.Dataset()", NoPass: true},
	{Name: "datasets.Dataset.{from_csv,from_json,from_parquet,from_text,from_sql}", Sinks: at(DataSource, "0"), Returns: "datasets.Dataset()", NoPass: true},
	{Name: "datasets.Dataset.{from_dict,from_list,from_pandas}", Sinks: noted(TrainData, NoteDataset, "0:mapping", "df"), Returns: "datasets.Dataset()", Pass: []Arg{"0:mapping", "df"}},
	{Name: "datasets.Dataset.from_generator", Returns: "datasets.Dataset()", Pass: []Arg{"0:generator"}, Callbacks: []Callback{{Arg: "0:generator", Each: true, Result: TrainData, Note: NoteDataset}}},
	{Name: "datasets.{IterableDataset,DatasetDict,IterableDatasetDict}", Extends: []string{"datasets.Dataset"}},
	{Name: "datasets.Dataset().{to_json,to_csv,to_parquet}", Sinks: append(written("0:path_or_buf"), at(FileData, "self")...), Writes: &Write{File: "0:path_or_buf", Data: "self"}, NoPass: true},
	{Name: "datasets.Dataset().push_to_hub", Sinks: noted(Ingest, NoteTraining, "self"), NoPass: true},
	{Name: "datasets.Dataset().to_pandas", Returns: "pandas.DataFrame()"},
	{Name: "datasets.Dataset().add_item", Returns: "datasets.Dataset()"},
	{Name: "datasets.Dataset().map", Callbacks: []Callback{{Arg: "0:function", Params: map[string]Label{"0": Dataset}, Each: true}}, Returns: "self"},
	{Name: "datasets.Dataset().filter", Callbacks: []Callback{{Arg: "0:function", Params: map[string]Label{"0": Dataset}}}, Returns: "self"},
	{Name: "datasets.Dataset().{select,shuffle,sort,remove_columns,rename_column,cast,cast_column,with_format,set_format,flatten,take,skip,select_columns,train_test_split,shard}", Returns: "self"},
	{Name: "datasets.{concatenate_datasets,interleave_datasets}", Pass: []Arg{"0:dsets", "0:datasets"}, Returns: "datasets.Dataset()"},
	{Name: "datasets.load_metric", Sinks: at(Exec, "0:path"), NoPass: true},
	{Name: "datasets.{DownloadManager,download.DownloadManager}().{download,download_and_extract}", Sinks: at(DataSource, "0:url_or_urls"), NoPass: true},
	{Name: "evaluate.load", Sinks: at(Exec, "0:path"), NoPass: true},
	{Name: "huggingface_sb3.load_from_hub", Sinks: at(ModelSource, "0:repo_id"), Source: Web, From: hubFile, Cleans: hubCleans, NoPass: true},
	{Name: "kagglehub.model_download", Sinks: at(ModelSource, "0:handle"), Source: Web, From: hubFile, Cleans: hubCleans, NoPass: true},
	{Name: "kagglehub.{dataset_load,load_dataset}", Sinks: at(DataSource, "1:handle"), NoPass: true},
	{Name: "kagglehub.competition_download", Sinks: at(DataSource, "0:handle"), NoPass: true},
	{Name: "kaggle.KaggleApi", SameAs: "kaggle.api.kaggle_api_extended.KaggleApi"},
	{Name: "{kaggle.api,kaggle.api.kaggle_api_extended.KaggleApi()}.{dataset_download_files,dataset_download_file,dataset_download_cli}", Sinks: at(DataSource, "0:dataset"), NoPass: true},
	{Name: "{kaggle.api,kaggle.api.kaggle_api_extended.KaggleApi()}.{competition_download_files,competition_download_file,competition_download_cli}", Sinks: at(DataSource, "0:competition"), NoPass: true},
	{Name: "opendatasets.download", Sinks: at(DataSource, "0:dataset_id_or_url"), NoPass: true},
	{Name: "kagglehub.dataset_download", Sinks: at(DataSource, "0:handle"), Source: Web, From: kaggleFiles, SourceFor: []SinkKind{Exec, CommandFile, Import}, NoPass: true},
	{Name: "kagglehub.notebook_output_download", Source: Web, From: kaggleFiles, SourceFor: []SinkKind{Exec, CommandFile, Import}, NoPass: true},
	{Name: "kagglehub.{package_import,utility_script_install}", Sinks: at(Import, "0:handle"), NoPass: true},
	{Name: "sys.path.{append,insert,extend}", Sinks: at(Import, "0", "1"), NoPass: true},

	// safetensors holds numbers only.
	{Name: "safetensors.{torch,numpy,tensorflow,flax,paddle}.load_file", Sinks: append(at(ModelSource, "0:filename"), at(Path, "0:filename")...), Pass: []Arg{"0:filename"}, Reads: "0:filename", Cleans: allBut(State)},
	{Name: "safetensors.{torch,numpy,tensorflow,flax,paddle}.load", Sinks: at(ModelSource, "0:data"), Pass: []Arg{"0:data"}, Cleans: allBut(State)},
	{Name: "safetensors.torch.load_model", Sinks: at(ModelSource, "1:filename"), NoPass: true},
	{Name: "safetensors.safe_open", Sinks: append(at(ModelSource, "0:filename"), at(Path, "0:filename")...), Pass: []Arg{"0:filename"}, Cleans: allBut(State)},
	modelMetadata("safetensors.safe_open().metadata()"), modelMetadata("gguf.GGUFReader().{fields,get_field()}"),
	{Name: "gguf.GGUFReader", Sinks: at(ModelSource, "0:path"), NoPass: true},
}}
