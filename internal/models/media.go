package models

// This file holds the generators of sound and of things in space, and what image pipelines
// take besides their prompt.

const (
	// NoteMesh marks the numbers that decide how fine a mesh, point cloud or view is made,
	// NoteSound those that decide how much sound.
	NoteMesh  = "decides how much of a mesh or view is computed"
	NoteSound = "decides how much sound is made"
	// NoteAudio marks text that ffmpeg opens, as an address or as a file.
	NoteAudio = "opened by ffmpeg as an address or a file"
	// NoteFilm marks text that a reader of films opens, as an address, as a file or by a protocol of ffmpeg.
	NoteFilm = "opened as a film: a file, an address or a protocol of ffmpeg"
	// NoteShown marks the addresses and names of files that a model is shown as pictures or films.
	NoteShown = "shown to the model"
	// NoteSpeech marks SSML, the markup that a voice speaks by.
	NoteSpeech = "spoken as markup"
	// FromSpeech is what the recognition of speech gives.
	FromSpeech = "a transcript"
	// FromCaptioner is the text that a model writes of a picture.
	FromCaptioner = "a caption of a picture"
	// NoteLatents marks a tensor that a decoder or denoiser takes as it is.
	NoteLatents = "decoded as it is"
	// NotePackage marks the name of a package that is installed.
	NotePackage = "installed as a package"
)

var meshes = Framework{Name: "3D generators", Version: "point-e and shap-e (main), diffusers 0.35, TripoSR (main), scikit-image 0.25, PyMCubes 0.1", Models: []Model{
	{Name: "point_e.util.pc_to_mesh.marching_cubes_mesh", Sinks: noted(Size, NoteMesh, "2:batch_size", "3:grid_size"), NoPass: true},
	{Name: "point_e.diffusion.sampler.PointCloudSampler", Sinks: noted(Size, NoteMesh, "3:num_points"), NoPass: true},
	{Name: "point_e.diffusion.sampler.PointCloudSampler().{sample_batch,sample_batch_progressive}", Sinks: noted(Size, NoteMesh, "0:batch_size"), NoPass: true},
	{Name: "shap_e.diffusion.sample.sample_latents", Sinks: noted(Size, NoteMesh, "batch_size", "karras_steps"), NoPass: true},
	{Name: "shap_e.util.notebooks.create_pan_cameras", Sinks: noted(Size, NoteMesh, "0:size"), NoPass: true},
	{Name: "tsr.TSR", SameAs: "tsr.system.TSR"},
	{Name: "tsr.system.TSR.from_pretrained", Sinks: at(ModelSource, "0:pretrained_model_name_or_path"), Returns: "tsr.system.TSR()", NoPass: true},
	{Name: "tsr.system.TSR().to", Returns: "self"},
	{Name: "tsr.system.TSR().extract_mesh", Sinks: noted(Size, NoteMesh, "2:resolution"), NoPass: true},
}}

var sound = Framework{Name: "sound generators", Version: "audiocraft 1.3, diffusers 0.35, stable-audio-tools 0.0.19, elevenlabs 2.24", Models: []Model{
	{Name: "audiocraft.models.{musicgen.MusicGen,audiogen.AudioGen,magnet.MAGNeT,AudioGen,MAGNeT,MultiBandDiffusion,multibanddiffusion.MultiBandDiffusion,JASCO,jasco.JASCO}", SameAs: "audiocraft.models.MusicGen"},
	{Name: "audiocraft.models.MusicGen.{get_pretrained,get_mbd_musicgen,get_mbd_24khz}", Returns: "audiocraft.models.MusicGen()", NoPass: true},
	{Name: "audiocraft.models.MusicGen().set_generation_params", Sinks: noted(Size, NoteSound, "4:duration", "extend_stride"), NoPass: true},
	{Name: "stable_audio_tools.inference.generation.{generate_diffusion_cond,generate_diffusion_uncond,generate_diffusion_cond_inpaint}", Sinks: noted(Size, NoteSound, "conditioning[seconds_total]", "sample_size"), NoPass: true},
	{Name: "{elevenlabs.client,elevenlabs}.AsyncElevenLabs", SameAs: "elevenlabs.client.ElevenLabs"},
	{Name: "elevenlabs.ElevenLabs", SameAs: "elevenlabs.client.ElevenLabs"},
	{Name: "elevenlabs.client.ElevenLabs().music.{compose,compose_detailed,stream}", Sinks: noted(Size, NoteSound, "music_length_ms"), NoPass: true},
	{Name: "elevenlabs.client.ElevenLabs().text_to_sound_effects.convert", Sinks: noted(Size, NoteSound, "duration_seconds"), NoPass: true},
}}

// voices speak text, or markup that tells them how.
var voices = Framework{Name: "voices", Version: "boto3 1.41, google-cloud-texttospeech 2.33, azure-cognitiveservices-speech 1.46, elevenlabs 2.24", Models: []Model{
	{Name: "boto3.client().{synthesize_speech,start_speech_synthesis_task}", Sinks: noted(HTML, NoteSpeech, "Text"), NoPass: true},
	{Name: "google.cloud.{texttospeech,texttospeech_v1,texttospeech_v1beta1}.{SynthesisInput,types.SynthesisInput}", Sinks: noted(HTML, NoteSpeech, "ssml"), NoPass: true},
	{Name: "azure.cognitiveservices.speech.SpeechSynthesizer().{speak_ssml,speak_ssml_async,start_speaking_ssml,start_speaking_ssml_async}", Sinks: noted(HTML, NoteSpeech, "0:ssml"), NoPass: true},
	{Name: "elevenlabs.client.ElevenLabs().text_to_speech.{convert,stream,convert_with_timestamps}", Sinks: noted(HTML, NoteSpeech, "text"), NoPass: true},
}}

// denoised are the arguments of a diffusers pipeline that decide how much it makes, or what it
// starts from.
var denoised = append(append(
	noted(Size, NoteMesh, "frame_size"),
	noted(Size, NoteSound, "audio_end_in_s", "audio_length_in_s", "num_waveforms_per_prompt")...),
	noted(Size, NoteLatents, "latents", "prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds", "ip_adapter_image_embeds", "image_embeds")...)

var latents = Framework{Name: "diffusers' autoencoders", Version: "0.35", Models: []Model{
	{Name: "diffusers.{AutoencoderTiny,AsymmetricAutoencoderKL,VQModel,ConsistencyDecoderVAE,models.AutoencoderKL,models.autoencoders.AutoencoderKL}", Extends: []string{"diffusers.AutoencoderKL"}},
	{Name: "diffusers.{AutoencoderKL,AutoencoderTiny,AsymmetricAutoencoderKL,VQModel,ConsistencyDecoderVAE}.{from_pretrained,from_single_file,from_config}", Returns: "diffusers.AutoencoderKL()", NoPass: true},
	{Name: "diffusers.DiffusionPipeline().vae", SameAs: "diffusers.AutoencoderKL()"},
	{Name: "diffusers.AutoencoderKL().decode", Sinks: noted(Size, NoteLatents, "0:z", "0:latents"), NoPass: true},
	{Name: "diffusers.AutoencoderKL().encode", NoPass: true},
	// The file's name, a temporary one where none is given.
	{Name: "diffusers.utils.{export_to_video,export_to_gif,export_to_obj,export_to_ply}", Pass: []Arg{"1:output_video_path", "1:output_gif_path", "1:output_obj_path", "1:output_ply_path"}},
}}

// films are the readers of films. What they give is numbers.
var films = Framework{Name: "readers of films", Version: "av 15, decord 0.6, moviepy 2.2, imageio 2.37, torchvision 0.24, torchcodec 0.8, ffmpeg-python 0.2, qwen-vl-utils 0.0.14", Models: []Model{
	{Name: "av.{open,container.open,container.core.open}", Sinks: []Sink{{Kind: URL, Arg: "0:file", If: "1:mode!=w", Note: NoteFilm}}, NoPass: true},
	{Name: "decord.{VideoReader,VideoLoader,video_reader.VideoReader,video_loader.VideoLoader}", Sinks: append(noted(URL, NoteFilm, "0:uri", "0:uris"), opened("0:uri")...), NoPass: true},
	{Name: "{moviepy,moviepy.editor,moviepy.video.io.VideoFileClip}.VideoFileClip", Sinks: noted(URL, NoteFilm, "0:filename"), NoPass: true},
	{Name: "imageio.{get_reader,v2.get_reader,mimread,v2.mimread,v3.imiter,v3.imread}", Sinks: noted(URL, NoteFilm, "0:uri"), NoPass: true},
	{Name: "torchvision.io.{read_video,video.read_video,read_video_timestamps}", Sinks: append(noted(URL, NoteFilm, "0:filename"), at(Path, "0:filename")...), NoPass: true},
	{Name: "torchvision.io.{VideoReader,video_reader.VideoReader}", Sinks: noted(URL, NoteFilm, "0:src"), NoPass: true},
	{Name: "torchcodec.decoders.{VideoDecoder,_video_decoder.VideoDecoder}", Sinks: noted(URL, NoteFilm, "0:source"), NoPass: true},
	{Name: "ffmpeg.probe", Sinks: noted(URL, NoteFilm, "0:filename"), NoPass: true},
	{Name: "qwen_vl_utils.{fetch_video,vision_process.fetch_video}", Sinks: noted(URL, NoteFilm, "0:ele[video]"), NoPass: true},
}}

// captioners write what they see in a picture.
var captioners = Framework{Name: "captioners", Version: "open_clip 3.2, salesforce-lavis 1.0", Models: []Model{
	{Name: "open_clip.{decode,tokenizer.decode}", Source: LLM, From: FromCaptioner},
	{Name: "lavis.models.{load_model,load_model_and_preprocess}", Sinks: at(ModelSource, "0:name"), NoPass: true},
	{Name: "lavis.models.{load_model(),load_model_and_preprocess()[]}.{generate,predict_answers}", Source: LLM, From: FromCaptioner, NoPass: true},
}}
