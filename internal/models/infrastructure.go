package models

// This file holds what trains models on many machines and on accelerators.

// NoteGPUSource marks the source of a program that is compiled for an accelerator, or into the process itself.
const NoteGPUSource = "compiled and run on the accelerator"

var accelerators = Framework{Name: "cupy, pycuda, pyopencl and cuda.core", Version: "cupy 13.6, pycuda 2025.1, pyopencl 2025.2, cuda.core 0.3, torch 2.9", Models: []Model{
	{Name: "cupy.{RawKernel,RawModule,cuda.compile_with_cache}", Sinks: noted(Exec, NoteGPUSource, "0:code"), NoPass: true},
	{Name: "cupy.ElementwiseKernel", Sinks: noted(Exec, NoteGPUSource, "2:operation", "preamble"), NoPass: true},
	{Name: "cupy.ReductionKernel", Sinks: noted(Exec, NoteGPUSource, "2:map_expr", "3:reduce_expr", "4:post_map_expr", "preamble"), NoPass: true},
	{Name: "pycuda.compiler.{SourceModule,DynamicSourceModule,compile}", Sinks: noted(Exec, NoteGPUSource, "0:source"), NoPass: true},
	{Name: "pycuda.elementwise.ElementwiseKernel", Sinks: noted(Exec, NoteGPUSource, "1:operation", "preamble"), NoPass: true},
	{Name: "pycuda.reduction.ReductionKernel", Sinks: noted(Exec, NoteGPUSource, "2:reduce_expr", "3:map_expr", "preamble"), NoPass: true},
	{Name: "pyopencl.Program", Sinks: noted(Exec, NoteGPUSource, "1:src"), NoPass: true},
	{Name: "pyopencl.elementwise.ElementwiseKernel", Sinks: noted(Exec, NoteGPUSource, "2:operation", "preamble"), NoPass: true},
	{Name: "cuda.core.{Program,experimental.Program}", Sinks: noted(Exec, NoteGPUSource, "0:code"), NoPass: true},
	{Name: "torch.cuda._compile_kernel", Sinks: noted(Exec, NoteGPUSource, "0:kernel_source"), NoPass: true},
	{Name: "torch.utils.cpp_extension.load_inline", Sinks: noted(Exec, NoteGPUSource, "1:cpp_sources", "2:cuda_sources", "extra_cflags", "extra_cuda_cflags"), NoPass: true},
}}

// NoteProject marks what says which MLflow project is fetched and run, and how.
const NoteProject = "fetched and run as a project"

var trackers = Framework{Name: "experiment trackers", Version: "mlflow 3.6, wandb 0.23", Models: []Model{
	{Name: "mlflow.{run,projects.run}", Sinks: noted(Exec, NoteProject, "0:uri", "1:entry_point", "2:version", "4:docker_args", "8:backend_config", "9:storage_dir"), NoPass: true},
}}
