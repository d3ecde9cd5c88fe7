namespace FishCheckpoint.Interchange;

/// <summary>Formats of other systems for the versions of a training run's weights (docs/guides/interchange.md).</summary>
public enum InterchangeFormat
{
    /// <summary>Folders of compressed byte differences under the tensors' own names.</summary>
    DiskDelta,

    /// <summary>Anchors and deltas as safetensors files, with absolute positions.</summary>
    SparsePatch,

    /// <summary>The same with gaps between positions.</summary>
    SparsePatchV3,

    /// <summary>Full folders, and rows and columns in one compressed file.</summary>
    Grail,

    /// <summary>A manifest beside compressed byte differences.</summary>
    Manifest,

    /// <summary>The file of the FISH mask's authors: positions and new values, without names.</summary>
    FishDiff,

    /// <summary>Sparse fine-tunings: differences at column-major positions.</summary>
    LtSft,

    /// <summary>Sparse high-rank adapters: differences at rows and columns of matrices.</summary>
    Shira,

    /// <summary>
    /// Folders of compressed byte differences for ModelExpress's reader: one encoding, one checksum, an index in every version.
    /// </summary>
    ModelExpress,
}
