namespace FishCheckpoint.Following.Content;

/// <summary>
/// The local model that a delta was to be laid on is not what was written. It is caught where the full model is pulled instead.
/// </summary>
internal sealed class DamagedCopyException(string what, Exception? inner = null) : Exception(what, inner);
