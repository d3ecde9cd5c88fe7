namespace FishCheckpoint.Following.Content;

/// <summary>The local model that a delta applies to was changed or damaged. The puller catches it and downloads the full model.</summary>
internal sealed class DamagedCopyException(string what, Exception? inner = null) : Exception(what, inner);
