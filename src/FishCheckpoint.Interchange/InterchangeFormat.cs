namespace FishCheckpoint.Interchange;

/// <summary>The formats in which other systems keep the versions of a training run's weights (docs/guides/interchange.md).</summary>
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

    /// <summary>The file of the FISH mask's authors: positions and new values, without names.</summary>
    FishDiff,

    /// <summary>Sparse fine-tunings: differences at positions counted column by column.</summary>
    LtSft,

    /// <summary>Sparse high-rank adapters: differences at rows and columns of matrices.</summary>
    Shira,

    /// <summary>Folders of compressed byte differences as ModelExpress's reader takes them: one encoding, one checksum, an index beside
    /// every version.</summary>
    ModelExpress,
}
