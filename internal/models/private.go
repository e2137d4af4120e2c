package models

// This file holds the libraries of differential privacy, secure computation and proofs.

const (
	// NotePrivacyLoss marks the numbers that say how much a computation gives away of each person, or how far one person
	// can change what it learns; NotePrivacyNoise those that say how much noise hides that.
	NotePrivacyLoss  = "says how much is given away of each person"
	NotePrivacyNoise = "says how much noise hides each person"
	// NoteProofKey marks what a proof is verified by.
	NoteProofKey = "says what the proof is about"
)

// loses lists arguments that have to be bounded from above, hides those that have to be from below. At sinks of the kind
// Reveal an upper bound is none.
func loses(args ...Arg) []Sink { return noted(Param, NotePrivacyLoss, args...) }
func hides(args ...Arg) []Sink { return noted(Reveal, NotePrivacyNoise, args...) }

const tfPrivacyOptimizers = "{DPKerasSGDOptimizer,DPKerasAdamOptimizer,DPKerasAdagradOptimizer,VectorizedDPKerasSGDOptimizer,VectorizedDPKerasAdamOptimizer,VectorizedDPKerasAdagradOptimizer,DPGradientDescentGaussianOptimizer,DPAdamGaussianOptimizer,DPAdagradGaussianOptimizer,DPSparseKerasSGDOptimizer,DPFTRLMKerasSGDOptimizer}"

var privacy = Framework{Name: "libraries of differential privacy", Version: "diffprivlib 0.6, opacus 1.5, tensorflow-privacy 0.9, pydp 1.1, opendp 0.14", Models: []Model{
	{Name: "diffprivlib.tools.{mean,nanmean,var,nanvar,std,nanstd,sum,nansum,count_nonzero,median,histogram,histogram2d,histogramdd}", Sinks: loses("1:epsilon"), Pass: []Arg{"0:array", "0:sample"}},
	{Name: "diffprivlib.tools.{percentile,quantile}", Sinks: loses("2:epsilon"), Pass: []Arg{"0:array"}},
	{Name: "diffprivlib.mechanisms.*", Sinks: append(loses("epsilon", "delta"), hides("sensitivity")...), NoPass: true},
	{Name: "diffprivlib.models.*", Sinks: loses("epsilon"), NoPass: true},
	{Name: "diffprivlib.{BudgetAccountant,accountant.BudgetAccountant}", Sinks: loses("0:epsilon", "1:delta"), NoPass: true},
	{Name: "opacus.{PrivacyEngine,privacy_engine.PrivacyEngine}().{make_private,make_private_with_epsilon}", Sinks: append(loses("max_grad_norm", "target_epsilon", "target_delta"), hides("noise_multiplier")...)},
	{Name: "{tensorflow_privacy,tensorflow_privacy.privacy.optimizers.*}." + tfPrivacyOptimizers, Sinks: append(loses("0:l2_norm_clip"), hides("1:noise_multiplier")...), NoPass: true},
	{Name: "pydp.algorithms.{laplacian,_laplacian}.*", Sinks: loses("0:epsilon"), NoPass: true},
	{Name: "opendp.{measurements,prelude.m}.{make_laplace,make_gaussian,make_geometric}", Sinks: hides("2:scale"), NoPass: true},
	{Name: "opendp.{measurements,prelude.m}.{then_laplace,then_gaussian,then_geometric}", Sinks: hides("0:scale"), NoPass: true},
}}

// proofs are verified by a key that says which circuit they are about.
var proofs = Framework{Name: "verifiers of proofs", Version: "ezkl 22", Models: []Model{
	{Name: "ezkl.verify", Sinks: noted(State, NoteProofKey, "1:settings_path", "2:vk_path", "3:srs_path"), NoPass: true},
	{Name: "ezkl.verify_aggr", Sinks: noted(State, NoteProofKey, "1:vk_path", "settings_path", "5:srs_path"), NoPass: true},
}}
