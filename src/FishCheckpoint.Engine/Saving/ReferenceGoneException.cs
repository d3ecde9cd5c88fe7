
namespace FishCheckpoint.Engine.Saving;

/// <summary>
/// What a save counts on has changed while it was encoded: what it was predicted from or its mask is gone, or its step is taken. Nobody
/// outside has named that, so the save is made again from what is there.
/// </summary>
internal sealed class ReferenceGoneException : Exception;
