
namespace FishCheckpoint.Engine.Saving;

/// <summary>
/// A mask or reference was deleted, or the step was taken, while a save was encoded. The caller named none of these, so the save is encoded
/// again.
/// </summary>
internal sealed class ReferenceGoneException : Exception;
