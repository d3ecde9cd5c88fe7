using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>The kinds of stored items, in the order in which unverified ones are verified.</summary>
internal enum ItemKind
{
    /// <summary>The database: its structure, its totals, and rows without frames.</summary>
    Database,
    /// <summary>A file of a base.</summary>
    BaseFile,
    /// <summary>A mask's frame.</summary>
    Mask,
    /// <summary>A checkpoint's row and its own frame of values or blocks.</summary>
    Values,
    /// <summary>A trainer state's frame.</summary>
    TrainerState,
    /// <summary>A frame of a side file.</summary>
    SideFile,
}

/// <summary>A stored item of verification.</summary>
/// <param name="Kind">The kind of item.</param>
/// <param name="Row">For a mask its frame, for values and trainer states their checkpoint, for a side file its row; else 0.</param>
/// <param name="Name">Its name in the database.</param>
/// <param name="Stamp">Changes when another item takes its place.</param>
/// <param name="Bytes">Stored bytes.</param>
/// <param name="Verified">When it was last verified at least as deeply as this time.</param>
internal sealed record VerifyItem(ItemKind Kind, long Row, string Name, string Stamp, long Bytes, long? Verified)
{
    /// <summary>The id of the base for a base's file, or of the mask.</summary>
    public Digest Id { get; init; }

    /// <summary>The name of a base's file.</summary>
    public string File { get; init; } = "";

    /// <summary>What values share with others that are checked together with them.</summary>
    public Family? Family { get; init; }
}

/// <summary>Values with one mask and one parent, or blocks with one parent. Predicted values form their own families.</summary>
/// <param name="Task">Their task.</param>
/// <param name="Parent">Their parent; 0 for the base.</param>
/// <param name="Mask">Their mask; none for blocks.</param>
/// <param name="IsPredicted">Whether they are predicted from others, or others from them.</param>
internal sealed record Family(long Task, long Parent, Digest? Mask, bool IsPredicted);
