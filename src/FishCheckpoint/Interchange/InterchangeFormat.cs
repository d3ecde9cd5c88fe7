namespace FishCheckpoint.Interchange;

/// <summary>The formats in which other systems keep the weights of a training run, a version after another (docs/FORMATS.md).</summary>
public enum InterchangeFormat
{
    /// <summary>Folders of compressed byte differences under the tensors' own names.</summary>
    DiskDelta,

    /// <summary>Anchors and deltas as safetensors files, with absolute positions.</summary>
    SparsePatch,

    /// <summary>The same with positions as gaps.</summary>
    SparsePatchV3,

    /// <summary>Full folders, and rows and columns in one compressed file.</summary>
    Grail,

    /// <summary>A manifest beside compressed byte differences.</summary>
    Manifest,
}
