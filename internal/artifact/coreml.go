package artifact

// Field numbers of Core ML's Model.proto, NeuralNetwork.proto and LinkedModel.proto (coremltools 8).
const (
	coreVersion            = 1
	coreDescription        = 2
	corePipelineClassifier = 200
	corePipelineRegressor  = 201
	corePipeline           = 202
	coreNetworkRegressor   = 303
	coreNetworkClassifier  = 403
	coreNetwork            = 500
	coreCustomModel        = 555
	coreLinkedModel        = 556

	coreLayers      = 1
	coreLayerCustom = 500
	coreClassName   = 10
)

// coreReader reads a Core ML model for what lies outside of it: classes of the application that
// it calls, and other models that it links to.
type coreReader struct{ add func(Fact) }

func readCoreML(w *window, add func(Fact)) { (&coreReader{add}).model(protoFile(w)) }

func (r *coreReader) model(m *message) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		switch f.num {
		case corePipelineClassifier, corePipelineRegressor:
			wrapper := m.enter(f)
			for f, ok := wrapper.next(); ok; f, ok = wrapper.next() {
				if f.num == 1 {
					r.pipeline(wrapper.enter(f))
				}
			}
		case corePipeline:
			r.pipeline(m.enter(f))
		case coreNetwork, coreNetworkClassifier, coreNetworkRegressor:
			r.network(m.enter(f))
		case coreCustomModel:
			r.custom(m.enter(f))
		case coreLinkedModel:
			r.linked(m.enter(f))
		}
	}
}

func (r *coreReader) pipeline(m *message) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		if f.num == 1 && f.wire == wireBytes {
			r.model(m.enter(f))
		}
	}
}

func (r *coreReader) network(m *message) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		if f.num != coreLayers {
			continue
		}
		layer := m.enter(f)
		for f, ok := layer.next(); ok; f, ok = layer.next() {
			if f.num == coreLayerCustom {
				r.custom(layer.enter(f))
			}
		}
	}
}

// custom reads the name of a class that the application has to have.
func (r *coreReader) custom(m *message) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		if f.num == coreClassName {
			r.add(Fact{Kind: CustomOperator, Verdict: Unknown, Offset: f.start, Opcode: "custom", Name: m.text(f),
				Why: "is a class of the application that the model calls"})
		}
	}
}

// linked reads the name of another model, and where it is looked for.
func (r *coreReader) linked(m *message) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		if f.num != 1 {
			continue
		}
		file := m.enter(f)
		for f, ok := file.next(); ok; f, ok = file.next() {
			parameter := file.enter(f)
			for f, ok := parameter.next(); ok; f, ok = parameter.next() {
				if path := parameter.text(f); leavesFolder(path) {
					r.add(outside(f.start, "linkedModel", path))
				}
			}
		}
	}
}
