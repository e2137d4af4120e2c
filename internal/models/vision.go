package models

// This file holds libraries that read and change pictures and videos.

// NoteVideo marks text that OpenCV opens as a file, an address or a pipeline of GStreamer.
const NoteVideo = "opened by OpenCV as a file, an address or a pipeline"

const (
	// NoteImage marks text that is fetched or opened as a picture or video, NoteImages a chat in which such text may stand.
	NoteImage  = "fetched or opened as a picture"
	NoteImages = "a chat whose pictures are fetched or opened"
	// NoteUpscale, NoteCanvas, NoteTokens and NoteMask mark the numbers that decide how large a picture becomes, of how many
	// pixels or steps a diffusion is made, of how many tokens a vision transformer reads, and how large a mask is.
	NoteUpscale = "decides how large the picture becomes"
	NoteCanvas  = "decides how much is drawn"
	NoteTokens  = "decides how many tokens a picture has"
	NoteMask    = "decides how large a mask is"
	// NoteBoxes marks boxes whose size decides how often a picture is sampled, NoteCells numbers of cells that are pooled.
	NoteBoxes = "decides how often a picture is sampled"
	NoteCells = "decides how many cells are pooled"
	// NoteStyle marks what says which weights are loaded into an image model.
	NoteStyle = "loaded into the image model"
	// NoteLayer marks a name by which a part of a network is found.
	NoteLayer = "decides which part of the network is read"
)

// video lists arguments that OpenCV opens as whatever they are.
func video(args ...Arg) []Sink { return append(at(Path, args...), noted(URL, NoteVideo, args...)...) }

var opencv = Framework{Name: "OpenCV", Version: "4.12", Models: []Model{
	{Name: "cv2.{imdecode,cvtColor,GaussianBlur,medianBlur,bilateralFilter,adaptiveThreshold,fastNlMeansDenoising,dilate,erode,rotate,flip,bitwise_not,equalizeHist,morphologyEx}", Returns: "args[0]"},
	{Name: "cv2.resize", Sinks: noted(Size, NoteUpscale, "1:dsize", "3:fx", "4:fy"), Returns: "args[0]"},
	{Name: "cv2.copyMakeBorder", Sinks: noted(Size, NoteCanvas, "1:top", "2:bottom", "3:left", "4:right"), Returns: "args[0]"},
	{Name: "cv2.{VideoCapture,VideoWriter}", Sinks: video("0:filename"), NoPass: true},
	{Name: "cv2.{VideoCapture,VideoWriter}().open", Sinks: video("0:filename"), NoPass: true},
	{Name: "cv2.VideoCapture().{read,retrieve}", Source: Document, From: FromCamera, NoPass: true},
	{Name: "cv2.{imread,imreadmulti,imreadanimation,FileStorage,CascadeClassifier}", Sinks: at(Path, "0:filename"), NoPass: true},
	{Name: "cv2.FileStorage().open", Sinks: at(Path, "0:filename"), NoPass: true},
	{Name: "cv2.CascadeClassifier().load", Sinks: at(Path, "0:filename"), NoPass: true},
	{Name: "cv2.{imwrite,imwritemulti}", Sinks: output("0:filename"), NoPass: true},
	{Name: "cv2.{QRCodeDetector,barcode.BarcodeDetector}().{detectAndDecode,detectAndDecodeMulti,decode}", Source: Document, From: "a bar code", NoPass: true},
	{Name: "cv2.dnn.{readNet,readNetFromTorch}", Sinks: append(noted(ModelSource, NoteStyle, "0:model"), at(ModelSource, "1:config")...), NoPass: true},
	{Name: "cv2.dnn.{readNetFromONNX,readNetFromTensorflow,readNetFromCaffe,readNetFromDarknet}", Sinks: at(ModelSource, "0:model", "1:config"), NoPass: true},
}}

// NoteFormula marks a formula over pictures, which is evaluated as Python.
const NoteFormula = "compiled and evaluated as Python"

var pillow = Framework{Name: "Pillow", Version: "12.0", Models: []Model{
	{Name: "PIL.ImageMath.{eval,unsafe_eval}", Sinks: noted(Exec, NoteFormula, "0:expression"), NoPass: true},
	{Name: "PIL.ImageMath.lambda_eval", NoPass: true},
	{Name: "{PIL.Image.open(),PIL.Image.Image()}.resize", Sinks: noted(Size, NoteUpscale, "0:size"), Returns: "self"},
	{Name: "PIL.Image.new", Sinks: noted(Size, NoteCanvas, "1:size"), Returns: "PIL.Image.open()", NoPass: true},
	{Name: "PIL.ImageOps.{expand,pad}", Sinks: noted(Size, NoteCanvas, "1:border", "1:size"), Returns: "args[0]"},
}}

var exif = Framework{Name: "metadata of pictures", Version: "Pillow 12.0, piexif 1.1, ExifRead 3.5, exif 1.6", Models: []Model{
	{Name: "{PIL.Image.open(),PIL.Image.Image()}.{info,text}", Source: Document, From: FromMetadata},
	{Name: "{PIL.Image.open(),PIL.Image.Image()}.{getexif,_getexif}", Source: Document, From: FromMetadata, NoPass: true},
	{Name: "{exifread.process_file,piexif.load,exif.Image}", Source: Document, From: FromMetadata, NoPass: true},
}}

// ocr reads the text in pictures.
var ocr = Framework{Name: "recognition of text", Version: "pytesseract 0.3, easyocr 1.7, paddleocr 3.3, tesserocr 2.9, keras-ocr 0.9, rapidocr 3.4, doctr 1.0", Models: []Model{
	{Name: "pytesseract.{image_to_string,image_to_data,image_to_boxes,image_to_osd,image_to_pdf_or_hocr,image_to_alto_xml,run_and_get_output}", Source: Document, From: FromPicture, NoPass: true},
	{Name: "pytesseract.pytesseract", SameAs: "pytesseract"},
	{Name: "easyocr.easyocr.Reader", SameAs: "easyocr.Reader"},
	{Name: "easyocr.Reader().{readtext,readtextlang,recognize,readtext_batched}", Source: Document, From: FromPicture, NoPass: true},
	{Name: "paddleocr.paddleocr.PaddleOCR", SameAs: "paddleocr.PaddleOCR"},
	{Name: "paddleocr.PaddleOCR().{ocr,predict,predict_iter}", Source: Document, From: FromPicture, NoPass: true},
	{Name: "tesserocr.{image_to_text,file_to_text}", Source: Document, From: FromPicture, NoPass: true},
	{Name: "tesserocr.PyTessBaseAPI().{GetUTF8Text,GetHOCRText,GetTSVText,GetBoxText,GetUNLVText,GetWords,AllWords,MapWordConfidences}", Source: Document, From: FromPicture, NoPass: true},
	{Name: "tesserocr.PyTessBaseAPI().GetIterator().GetUTF8Text", Source: Document, From: FromPicture, NoPass: true},
	{Name: "{rapidocr.RapidOCR,rapidocr_onnxruntime.RapidOCR,rapidocr_paddle.RapidOCR,rapidocr_openvino.RapidOCR}()()", Source: Document, From: FromPicture},
	{Name: "keras_ocr.pipeline.Pipeline().recognize", Source: Document, From: FromPicture, NoPass: true},
	{Name: "doctr.models.ocr_predictor()()", Source: Document, From: FromPicture},
}}

// upscalers make pictures larger.
var upscalers = Framework{Name: "super resolution", Version: "realesrgan 0.3, gfpgan 1.3, torchvision 0.24, scikit-image 0.25", Models: []Model{
	{Name: "realesrgan.utils.RealESRGANer", SameAs: "realesrgan.RealESRGANer"},
	{Name: "realesrgan.RealESRGANer().enhance", Sinks: noted(Size, NoteUpscale, "1:outscale"), NoPass: true},
	{Name: "gfpgan.{GFPGANer,utils.GFPGANer}", Sinks: noted(Size, NoteUpscale, "1:upscale"), NoPass: true},
	{Name: "torch.nn.Upsample", Sinks: noted(Size, NoteUpscale, "0:size", "1:scale_factor"), Extends: []string{"torch.nn.Module"}},
	{Name: "torchvision.transforms.{functional,v2.functional}.resize", Sinks: noted(Size, NoteUpscale, "1:size"), Returns: "args[0]"},
	{Name: "skimage.transform.rescale", Sinks: noted(Size, NoteUpscale, "1:scale"), NoPass: true},
	{Name: "skimage.transform.resize", Sinks: noted(Size, NoteUpscale, "1:output_shape"), NoPass: true},
}}

// visionShapes are the numbers that a vision transformer is made with.
var visionShapes = Framework{Name: "vision transformers", Version: "transformers 4.57, timm 1.0", Models: []Model{
	{Name: "transformers.{ViT,DeiT,Beit,Dinov2,ViTMAE,Swin,CLIPVision,SiglipVision}Config", Sinks: noted(Size, NoteTokens, "image_size", "patch_size")},
	{Name: "timm.layers.PatchEmbed", Sinks: noted(Size, NoteTokens, "0:img_size", "1:patch_size"), Extends: []string{"torch.nn.Module"}},
	{Name: "timm.{models.vision_transformer.VisionTransformer,models.VisionTransformer}", Sinks: noted(Size, NoteTokens, "0:img_size", "1:patch_size"), Extends: []string{"torch.nn.Module"}},
	{Name: "torch.nn.Module().set_input_size", Sinks: noted(Size, NoteTokens, "0:img_size", "1:patch_size"), NoPass: true},
}}

// regions pool parts of a picture.
var regions = Framework{Name: "regions and masks", Version: "torchvision 0.24, pycocotools 2.0, segment_anything 1.0, sam2 1.1, scikit-image 0.25", Models: []Model{
	{Name: "torchvision.ops.roi_align", Sinks: append(noted(Size, NoteBoxes, "1:boxes"), noted(Size, NoteCells, "2:output_size")...), NoPass: true},
	{Name: "torchvision.ops.{roi_pool,ps_roi_align,ps_roi_pool}", Sinks: noted(Size, NoteCells, "2:output_size"), NoPass: true},
	{Name: "torchvision.ops.{RoIAlign,MultiScaleRoIAlign}()", Sinks: noted(Size, NoteBoxes, "1:rois", "1:boxes"), NoPass: true},
	{Name: "torch.nn.{AdaptiveAvgPool2d,AdaptiveMaxPool2d}", Sinks: noted(Size, NoteCells, "0:output_size"), Extends: []string{"torch.nn.Module"}},
	{Name: "torch.nn.functional.{adaptive_avg_pool2d,adaptive_max_pool2d}", Sinks: noted(Size, NoteCells, "1:output_size"), NoPass: true},
	{Name: "torchvision.ops.{clip_boxes_to_image,boxes.clip_boxes_to_image}", Pass: []Arg{"0:boxes"}, Cleans: []SinkKind{Size}},

	{Name: "pycocotools.mask.{decode,merge,toBbox}", Sinks: noted(Size, NoteMask, "0:rleObjs", "0:rle"), NoPass: true},
	{Name: "pycocotools.mask.frPyObjects", Sinks: noted(Size, NoteMask, "1:h", "2:w"), NoPass: true},
	{Name: "skimage.draw.polygon2mask", Sinks: noted(Size, NoteMask, "0:image_shape"), NoPass: true},
	{Name: "segment_anything.{SamAutomaticMaskGenerator,automatic_mask_generator.SamAutomaticMaskGenerator}", Sinks: noted(Size, NoteMask, "1:points_per_side", "2:points_per_batch", "crop_n_layers"), NoPass: true},
	{Name: "sam2.automatic_mask_generator.SAM2AutomaticMaskGenerator", Sinks: noted(Size, NoteMask, "1:points_per_side", "2:points_per_batch", "crop_n_layers"), NoPass: true},
}}

// layers are names by which parts of a network are found or put.
var layers = Framework{Name: "parts of networks", Version: "torch 2.9, torchvision 0.24", Models: []Model{
	{Name: "{torch.nn.Module(),torch.load()}.{get_submodule,get_parameter,get_buffer,set_submodule}", Sinks: noted(Lookup, NoteLayer, "0:target"), NoPass: true},
	{Name: "{torch.nn.Module(),torch.load()}.{add_module,register_module}", Sinks: noted(Lookup, NoteLayer, "0:name"), NoPass: true},
	{Name: "?.{get_submodule,set_submodule}", Sinks: noted(Lookup, NoteLayer, "0:target"), NoPass: true},
	{Name: "torchvision.models.feature_extraction.create_feature_extractor", Sinks: noted(Lookup, NoteLayer, "1:return_nodes", "1:return_nodes[*]", "train_return_nodes", "eval_return_nodes"), Returns: "torch.nn.Module()", NoPass: true},
	{Name: "torchvision.models._utils.IntermediateLayerGetter", Sinks: noted(Lookup, NoteLayer, "1:return_layers", "1:return_layers[*]"), Extends: []string{"torch.nn.Module"}},
}}
