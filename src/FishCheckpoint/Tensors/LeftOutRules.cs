using System.Text.RegularExpressions;

namespace FishCheckpoint.Tensors;

/// <summary>Recognizes, by name, files of a training or model folder that do not belong to the served model.</summary>
internal static partial class LeftOutRules
{
    public const string TrainingState = "training state";
    public const string OtherFormat = "weights of another format";
    public const string OtherModel = "another model";
    public const string DotFile = "hidden";
    public const string Name = "a name that cannot be kept";

    /// <summary>Why a file or folder is skipped; <see langword="null"/> if its name is no reason to.</summary>
    /// <param name="name">Its name, without a folder.</param>
    /// <param name="isFolder">Whether it is a folder.</param>
    public static string? ReasonOf(string name, bool isFolder) =>
        name.StartsWith('.') ? DotFile
        : !FilePaths.IsSegment(name) ? Name
        : isFolder ? (TrainingFolder().IsMatch(name) ? TrainingState : FormatFolder().IsMatch(name) ? OtherFormat : null)
        : TrainingFile().IsMatch(name) ? TrainingState
        : LogFile().IsMatch(name) ? "a training log"
        : FormatFile().IsMatch(name) ? OtherFormat : null;

    /// <summary>
    /// Whether a file contains or may contain weights. PyTorch uses one extension for several formats; their place and name decide.
    /// </summary>
    public static bool IsWeights(string name) => IsSafetensors(name) || TorchFile().IsMatch(name) || FormatFile().IsMatch(name);

    /// <summary>Whether a file's name is that of a safetensors file.</summary>
    public static bool IsSafetensors(string name) => name.EndsWith(".safetensors", StringComparison.Ordinal);

    /// <summary>Whether a file's name is that of a PyTorch file.</summary>
    public static bool IsTorch(string name) => TorchFile().IsMatch(name);

    private const RegexOptions Options = RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    // Hugging Face's Trainer and Accelerate, DeepSpeed, PyTorch's distributed checkpoints, Lightning, torchtune.
    [GeneratedRegex(
        @"^((optimizer|optim|scheduler|lr_scheduler|scaler|grad_scaler)([._-][a-z0-9._-]*)?\.(pt|pth|bin|pkl|npz|safetensors)"
        + @"|rng_state(_[0-9]+)?\.(pth|pt|pkl)|random_states?(_[0-9]+)?\.(pkl|pt|pth)|training_args\.(bin|pt)"
        + @"|trainer_state\.json|trainer\.pt"
        + @"|custom_checkpoint_[0-9]+\.pkl|sampler(_[0-9]+)?\.(bin|pt|pkl)|dl_state_dict(_[0-9]+)?\.bin|.*_optim_states\.pt"
        + @"|.*mp_rank_[0-9]+_model_states\.pt|zero_to_fp32\.py|latest(_universal)?|recipe_state\.pt"
        + @"|training_state\.(pt|bin|json)|.*\.distcp)\z",
        Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TrainingFile();

    [GeneratedRegex(
        @"^(global_step[0-9_-]*|pytorch_model_fsdp(_[0-9]+)?|optimizer(_[0-9]+)?|optim(_states)?|rng_states?|distcp|.*\.distcp)\z",
        Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TrainingFolder();

    [GeneratedRegex(@"^(events\.out\.tfevents\..*|.*\.log|nohup\.out|wandb-.*\.json)\z", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LogFile();

    [GeneratedRegex(@"^(onnx|openvino|coreml|tflite|flax|tensorrt|ggml|gguf|mlx)\z", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FormatFolder();

    [GeneratedRegex(
        @"\.(h5|hdf5|msgpack|onnx|onnx_data|onnx\.data|gguf|ggml|tflite|mlmodel|mlpackage|ot|pb|pdparams|engine|nemo|keras|llamafile"
        + @"|ckpt\.index|ckpt\.data-[0-9]+-of-[0-9]+)\z",
        Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FormatFile();

    [GeneratedRegex(@"\.(bin|pt|pth|ckpt|pickle|pkl)\z", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TorchFile();
}
