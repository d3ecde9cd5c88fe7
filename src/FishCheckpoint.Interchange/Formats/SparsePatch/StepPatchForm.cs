namespace FishCheckpoint.Interchange.Formats.SparsePatch;

/// <summary>The two forms of the format.</summary>
internal enum StepPatchForm
{
    /// <summary><c>NAME.indices</c> and <c>NAME.values</c>: absolute positions.</summary>
    Version1,

    /// <summary><c>NAME.idx</c> and <c>NAME.val</c>: absolute positions, or gaps.</summary>
    Version3,
}
