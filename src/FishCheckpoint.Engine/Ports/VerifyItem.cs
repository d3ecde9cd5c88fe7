using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>What a stored thing is; the order in which things that were never verified are.</summary>
internal enum ItemKind
{
    /// <summary>The database's own structure, its sums, and the rows that no frame tells.</summary>
    Database,
    /// <summary>A file of a base.</summary>
    BaseFile,
    /// <summary>A mask's frame.</summary>
    Mask,
    /// <summary>A checkpoint's row and its own frame: values, or blocks.</summary>
    Values,
    /// <summary>A trainer state's frame.</summary>
    State,
    /// <summary>A frame of a side file.</summary>
    SideFile,
}

/// <summary>A stored thing that is verified as one.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Row">Of a mask: its frame; of values and states: their checkpoint; of a side file: its row; else 0.</param>
/// <param name="Name">How it is called in the database.</param>
/// <param name="Stamp">Changes where another thing takes its place.</param>
/// <param name="Bytes">Stored bytes.</param>
/// <param name="Verified">When it was last verified, at least as deeply as this time.</param>
internal sealed record VerifyItem(ItemKind Kind, long Row, string Name, string Stamp, long Bytes, long? Verified)
{
    /// <summary>A base's file, or a mask's identity: the base's or the mask's id.</summary>
    public Digest Id { get; init; }

    /// <summary>Of a base's file: its name.</summary>
    public string File { get; init; } = "";

    /// <summary>Of values: what they have in common with those that are checked together with them.</summary>
    public Family? Family { get; init; }
}

/// <summary>
/// Values that are based on one mask and against one parent, or blocks that lie against one parent; predicted ones are in rows of their
/// own.
/// </summary>
/// <param name="Task">Their task.</param>
/// <param name="Parent">Their parent; 0 for the base.</param>
/// <param name="Mask">Their mask; none for blocks.</param>
/// <param name="Guessed">Whether they are predicted from others, or may be predicted from.</param>
internal sealed record Family(long Task, long Parent, Digest? Mask, bool Guessed);
