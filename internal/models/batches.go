package models

// NoteBatch is of how many inputs a model takes at once.
const NoteBatch = "the number of inputs that the model takes at once"

var batches = Framework{Name: "sizes of batches", Version: "torch 2.9, transformers 4.57, sentence-transformers 5.1, keras 3.12, tensorflow 2.20, ultralytics 8.3, faster-whisper 1.2", Models: []Model{
	{Name: "torch.utils.data.DataLoader", Sinks: noted(Size, NoteBatch, "1:batch_size")},
	{Name: "{transformers.pipeline,transformers.Pipeline()}", Sinks: noted(Size, NoteBatch, "batch_size")},
	{Name: "sentence_transformers.SentenceTransformer().{encode,encode_query,encode_document}", Sinks: noted(Size, NoteBatch, "batch_size")},
	{Name: "keras.Model().predict", Sinks: noted(Size, NoteBatch, "1:batch_size")},
	{Name: "tensorflow.data.Dataset().{batch,padded_batch}", Sinks: noted(Size, NoteBatch, "0:batch_size")},
	{Name: "faster_whisper.BatchedInferencePipeline().transcribe", Sinks: noted(Size, NoteBatch, "batch_size")},
	{Name: "{ultralytics.YOLO(),ultralytics.RTDETR(),ultralytics.YOLOWorld(),ultralytics.YOLO().predict,ultralytics.RTDETR().predict,ultralytics.YOLOWorld().predict,ultralytics.YOLO().track}", Sinks: noted(Size, NoteBatch, "batch")},
}}
