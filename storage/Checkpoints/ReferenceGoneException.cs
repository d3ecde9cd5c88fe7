namespace FishCheckpoint.Storage.Checkpoints;

/// <summary>What a save was guessed from was deleted while it was encoded: nobody outside has named it, so the save is made again from what is there.</summary>
internal sealed class ReferenceGoneException : Exception;
