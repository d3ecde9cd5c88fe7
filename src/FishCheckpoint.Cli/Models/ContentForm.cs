namespace FishCheckpoint.Cli.Models;

/// <summary>The form of a checkpoint file.</summary>
internal enum ContentForm
{
    /// <summary>A full model: a safetensors file, or a folder of them.</summary>
    Full,

    /// <summary>A sparse patch: a safetensors file of <c>NAME.indices</c> and <c>NAME.values</c>.</summary>
    Sparse,

    /// <summary>Frames.</summary>
    Frames,
}
