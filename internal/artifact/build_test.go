package artifact

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// What follows writes the formats that this package reads, as their own libraries do and as an
// attacker would.

// proto is a protocol buffer under construction.
type proto []byte

func (p proto) num(field int, v uint64) proto {
	return binary.AppendUvarint(binary.AppendUvarint(p, uint64(field)<<3), v)
}

func (p proto) str(field int, s string) proto {
	p = binary.AppendUvarint(binary.AppendUvarint(p, uint64(field)<<3|2), uint64(len(s)))
	return append(p, s...)
}

func (p proto) msg(field int, parts ...proto) proto {
	return p.str(field, string(bytes.Join(bytesOf(parts), nil)))
}

func bytesOf(parts []proto) [][]byte {
	var out [][]byte
	for _, p := range parts {
		out = append(out, p)
	}
	return out
}

// group is a field of the old kind, which readers skip.
func (p proto) group(field int, inside proto) proto {
	p = binary.AppendUvarint(p, uint64(field)<<3|3)
	p = append(p, inside...)
	return binary.AppendUvarint(p, uint64(field)<<3|4)
}

// onnxModel is a model of some graph fields.
func onnxModel(graph ...proto) proto {
	return proto{}.num(1, 10).str(2, "pytorch").str(3, "2.5.0").msg(onnxModelGraph, graph...).msg(8, proto{}.num(2, 17))
}

// onnxNodeOf is a node of a graph.
func onnxNodeOf(domain, op string, attributes ...proto) proto {
	n := proto{}.str(1, "x").str(2, "y").str(3, "node").str(onnxNodeOp, op)
	for _, a := range attributes {
		n = n.msg(onnxNodeAttribute, a)
	}
	return proto{}.msg(onnxGraphNode, n.str(onnxNodeDomain, domain))
}

// onnxExternal is a tensor whose data lies at a location.
func onnxExternal(location string) proto {
	return proto{}.num(1, 4).num(2, 1).str(onnxTensorName, "w").
		msg(onnxTensorExternal, proto{}.str(1, "location").str(2, location)).
		msg(onnxTensorExternal, proto{}.str(1, "offset").str(2, "0")).
		num(onnxTensorLocation, onnxLocationExternal)
}

func onnxWeights(location string) proto {
	return proto{}.msg(onnxGraphInitializer, onnxExternal(location))
}

// tfNodeOf is a NodeDef; attributes come in pairs of name and AttrValue.
func tfNodeOf(op string, attributes ...any) proto {
	n := proto{}.str(tfNodeName, "node_of_"+op).str(tfNodeOp, op).str(3, "input")
	for i := 0; i < len(attributes); i += 2 {
		n = n.msg(tfNodeAttr, proto{}.str(1, attributes[i].(string)).msg(2, attributes[i+1].(proto)))
	}
	return n
}

// tfGraphOf is a GraphDef of nodes.
func tfGraphOf(nodes ...proto) proto {
	g := proto{}
	for _, n := range append([]proto{tfNodeOf("Placeholder"), tfNodeOf("MatMul")}, nodes...) {
		g = g.msg(tfGraphNode, n)
	}
	return g.msg(tfGraphVersions, proto{}.num(1, 1482))
}

// tfFunctionOf is a GraphDef whose nodes are in its library.
func tfFunctionOf(nodes ...proto) proto {
	f := proto{}.msg(1, proto{}.str(1, "__inference_f"))
	for _, n := range nodes {
		f = f.msg(tfFunctionNode, n)
	}
	return proto{}.msg(tfGraphNode, tfNodeOf("StatefulPartitionedCall")).msg(tfGraphLibrary, proto{}.msg(tfLibraryFunction, f))
}

// savedModel is a SavedModel of a graph.
func savedModel(graph proto, more ...proto) proto {
	return proto{}.num(tfSavedSchema, 1).msg(tfSavedMetaGraphs, append([]proto{proto{}.msg(tfMetaInfo, proto{}.str(4, "serve")).msg(tfMetaGraph, graph)}, more...)...)
}

// flatModel is a TensorFlow Lite model with operators by custom code, each with its options.
func flatModel(operators ...[2]string) []byte { return flatModelOf(1, operators...) }

// flatModelOf is one that has its only subgraph several times.
func flatModelOf(times int, operators ...[2]string) []byte {
	// Tables are written front to back, each behind its vtable; offsets only point forward.
	var b []byte
	u32 := func(v int) { b = binary.LittleEndian.AppendUint32(b, uint32(v)) }
	patch := func(at int) { binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at)) }
	// table writes a vtable and a table with the given fields of four bytes, and returns where
	// each lies.
	table := func(fields int, present ...int) map[int]int {
		slots := map[int]int{}
		vtable := len(b)
		size := 4 + 4*len(present)
		b = binary.LittleEndian.AppendUint16(b, uint16(4+2*fields))
		b = binary.LittleEndian.AppendUint16(b, uint16(size))
		for f := range fields {
			off := 0
			for i, p := range present {
				if p == f {
					off = 4 + 4*i
				}
			}
			b = binary.LittleEndian.AppendUint16(b, uint16(off))
		}
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
		start := len(b)
		u32(start - vtable)
		for _, p := range present {
			slots[p] = len(b)
			u32(0)
		}
		return slots
	}
	text := func(at int, s string) {
		patch(at)
		u32(len(s))
		b = append(append(b, s...), 0)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	vector := func(at, n int) (slots []int) {
		patch(at)
		u32(n)
		for range n {
			slots = append(slots, len(b))
			u32(0)
		}
		return slots
	}
	u32(0)
	b = append(b, "TFL3"...)
	root := table(4, 0, tfliteModelCodes, tfliteModelSubgraphs)
	binary.LittleEndian.PutUint32(b, uint32(root[0]-4))
	binary.LittleEndian.PutUint32(b[root[0]:], 3)
	codes := vector(root[tfliteModelCodes], len(operators))
	for i, op := range operators {
		t := table(4, 0, tfliteCodeCustom)
		binary.LittleEndian.PutUint32(b[codes[i]:], uint32(t[0]-4-codes[i]))
		b[t[0]] = 32 // CUSTOM
		text(t[tfliteCodeCustom], op[0])
	}
	graphs := vector(root[tfliteModelSubgraphs], times)
	g := table(5, tfliteGraphOperators)
	for _, slot := range graphs {
		binary.LittleEndian.PutUint32(b[slot:], uint32(g[tfliteGraphOperators]-4-slot))
	}
	ops := vector(g[tfliteGraphOperators], len(operators))
	for i, op := range operators {
		t := table(7, tfliteOperatorCode, tfliteOperatorOptions)
		binary.LittleEndian.PutUint32(b[ops[i]:], uint32(t[tfliteOperatorCode]-4-ops[i]))
		binary.LittleEndian.PutUint32(b[t[tfliteOperatorCode]:], uint32(i))
		text(t[tfliteOperatorOptions], op[1])
	}
	return b
}

// flexOptions are the options of a Flex operator: its name and its NodeDef in a FlexBuffer.
func flexOptions(name string, node proto) string {
	var b []byte
	var starts []int
	for _, s := range []string{name, string(node)} {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(s)))
		starts = append(starts, len(b))
		b = append(append(b, s...), 0)
		if len(b)%2 == 1 {
			b = append(b, 0)
		}
	}
	b = binary.LittleEndian.AppendUint16(b, 2)
	vector := len(b)
	for _, s := range starts {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(b)-s))
	}
	b = append(b, 5<<2|1, 5<<2|1)
	b = append(b, byte(len(b)-vector))
	return string(append(b, 10<<2|1, 1))
}

// ggufFile is a GGUF file with pairs of keys and values.
func ggufFile(order binary.AppendByteOrder, version uint32, pairs ...any) []byte {
	b := append([]byte{}, "GGUF"...)
	b = order.AppendUint32(b, version)
	count := func(n int) {
		if version == 1 {
			b = order.AppendUint32(b, uint32(n))
		} else {
			b = order.AppendUint64(b, uint64(n))
		}
	}
	text := func(s string) {
		count(len(s))
		b = append(b, s...)
	}
	count(0)
	count(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		text(pairs[i].(string))
		switch v := pairs[i+1].(type) {
		case string:
			b = order.AppendUint32(b, ggufString)
			text(v)
		case uint32:
			b = order.AppendUint32(order.AppendUint32(b, 4), v)
		case []string:
			b = order.AppendUint32(order.AppendUint32(b, ggufArray), ggufString)
			count(len(v))
			for _, s := range v {
				text(s)
			}
		case []float32:
			b = order.AppendUint32(order.AppendUint32(b, ggufArray), 6)
			count(len(v))
			b = append(b, make([]byte, 4*len(v))...)
		case []byte: // as it stands
			b = append(b, v...)
		default:
			panic(fmt.Sprintf("%T", v))
		}
	}
	return b
}

// safetensorsFile is a file with a header and data.
func safetensorsFile(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

// asJSON writes a value as JSON.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// tree is an object of JSON.
type tree = map[string]any
