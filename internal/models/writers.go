package models

// output lists arguments that name a file or folder that is made and written.
func output(args ...Arg) []Sink { return noted(Path, NoteOutput, args...) }

// writers write models, data, pictures and sound to files that are named; given an open file
// they write to that.
var writers = Framework{Name: "writers of models, data and media", Version: "joblib 1.5, transformers 4.57, xgboost 3.1, Pillow 12.0, soundfile 0.13, scipy 1.16, imageio 2.37, wget 3.2", Models: []Model{
	{Name: "{joblib,joblib.numpy_pickle}.dump", Sinks: output("1:filename"), NoPass: true},
	{Name: "skops.io.dump", Sinks: output("1:file"), NoPass: true},
	{Name: "{safetensors.torch,safetensors.numpy,safetensors.flax,safetensors.tensorflow}.save_file", Sinks: output("1:filename"), NoPass: true},
	{Name: "safetensors.torch.save_model", Sinks: output("1:filename"), NoPass: true},
	{Name: "torch.{jit.save,onnx.export}", Sinks: output("1:f"), NoPass: true},
	{Name: "{onnx.save,onnx.save_model}", Sinks: output("1:f"), NoPass: true},
	{Name: "mlflow.{sklearn,pytorch,keras,tensorflow,transformers,pyfunc,xgboost,lightgbm}.save_model", Sinks: output("path", "1:path"), NoPass: true},
	{Name: "?.save_pretrained", Sinks: output("0:save_directory"), NoPass: true},
	{Name: "{transformers.PreTrainedTokenizerBase(),transformers.*.from_pretrained(),diffusers.*.from_pretrained(),peft.*.from_pretrained(),peft.get_peft_model(),datasets.*()}.save_pretrained", Sinks: output("0:save_directory"), NoPass: true},
	{Name: "transformers.Trainer().save_model", Sinks: output("0:output_dir"), NoPass: true},
	{Name: "{xgboost,lightgbm,catboost}.*().save_model", Sinks: output("0:fname", "0:filename"), NoPass: true},
	{Name: "?.save_model", Sinks: output("0"), NoPass: true},
	{Name: "?.images[].save", Sinks: output("0:fp"), NoPass: true},
	{Name: "diffusers.*.from_pretrained()().images[].save", Sinks: output("0:fp"), NoPass: true},
	{Name: "PIL.Image.{fromarray,frombytes,blend,composite,merge,effect_noise}", Returns: "PIL.Image.open()", NoPass: true},
	{Name: "{PIL.Image.open(),PIL.Image.Image()}.save", Sinks: output("0:fp"), NoPass: true},
	{Name: "{soundfile.write,scipy.io.wavfile.write,torchaudio.save,torchvision.io.write_video,imageio.mimsave,imageio.imwrite,imageio.mimwrite}", Sinks: output("0:file", "0:filename", "0:uri"), NoPass: true},
	{Name: "torchvision.utils.save_image", Sinks: output("1:fp"), NoPass: true},
	{Name: "logging.{FileHandler,handlers.RotatingFileHandler,handlers.TimedRotatingFileHandler,handlers.WatchedFileHandler}", Sinks: output("0:filename"), NoPass: true},
	{Name: "{logging.basicConfig}", Sinks: output("filename"), NoPass: true},
	{Name: "{matplotlib.pyplot,matplotlib.figure.Figure(),matplotlib.pyplot.figure()}.savefig", Sinks: output("0:fname"), NoPass: true},
	{Name: "faiss.write_index", Sinks: output("1:fname"), NoPass: true},
}}
