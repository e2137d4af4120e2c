package models

// This file holds libraries that read and change pictures and videos.

// NoteVideo marks text that OpenCV opens as a file, an address or a pipeline of GStreamer.
const NoteVideo = "opened by OpenCV as a file, an address or a pipeline"

// video lists arguments that OpenCV opens as whatever they are.
func video(args ...Arg) []Sink { return append(at(Path, args...), noted(URL, NoteVideo, args...)...) }

var opencv = Framework{Name: "OpenCV", Version: "4.12", Models: []Model{
	{Name: "cv2.{imdecode,cvtColor,resize,GaussianBlur,medianBlur,bilateralFilter,adaptiveThreshold,fastNlMeansDenoising,dilate,erode,rotate,flip,bitwise_not,equalizeHist,morphologyEx}", Returns: "args[0]"},
	{Name: "cv2.{VideoCapture,VideoWriter}", Sinks: video("0:filename"), NoPass: true},
	{Name: "cv2.{VideoCapture,VideoWriter}().open", Sinks: video("0:filename"), NoPass: true},
	{Name: "cv2.VideoCapture().{read,retrieve}", Source: Document, From: FromCamera, NoPass: true},
	{Name: "cv2.{imread,imreadmulti,imreadanimation,FileStorage,CascadeClassifier}", Sinks: at(Path, "0:filename"), NoPass: true},
	{Name: "cv2.FileStorage().open", Sinks: at(Path, "0:filename"), NoPass: true},
	{Name: "cv2.CascadeClassifier().load", Sinks: at(Path, "0:filename"), NoPass: true},
	{Name: "cv2.{imwrite,imwritemulti}", Sinks: output("0:filename"), NoPass: true},
	{Name: "cv2.{QRCodeDetector,barcode.BarcodeDetector}().{detectAndDecode,detectAndDecodeMulti,decode}", Source: Document, From: "a bar code", NoPass: true},
	{Name: "cv2.dnn.{readNet,readNetFromONNX,readNetFromTensorflow,readNetFromCaffe,readNetFromDarknet,readNetFromTorch}", Sinks: at(ModelSource, "0:model", "1:config"), NoPass: true},
}}

// NoteFormula marks a formula over pictures, which is evaluated as Python.
const NoteFormula = "compiled and evaluated as Python"

var pillow = Framework{Name: "Pillow", Version: "12.0", Models: []Model{
	{Name: "PIL.ImageMath.{eval,unsafe_eval}", Sinks: noted(Exec, NoteFormula, "0:expression"), NoPass: true},
	{Name: "PIL.ImageMath.lambda_eval", NoPass: true},
}}
