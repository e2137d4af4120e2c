package checks

// This file holds the words for pictures, sound and films that a program is sent.

// recognisers are the calls that recognise speech, or read sound for it.
var recognisers = []string{
	"whisper.load_audio", "whisper.transcribe", "whisper.Whisper().transcribe", "faster_whisper.WhisperModel().transcribe",
	"faster_whisper.BatchedInferencePipeline().transcribe", "whisperx.load_audio", "whisperx.load_model().transcribe",
	"transformers.Pipeline()", "transformers.AutomaticSpeechRecognitionPipeline()",
}

// Transcribes reports whether the file of a function recognises speech.
func Transcribes(f *Frame) bool {
	for _, o := range f.Beside() {
		for _, c := range o.Calls {
			if c.Symbol.Is(recognisers...) {
				return true
			}
		}
	}
	return false
}
