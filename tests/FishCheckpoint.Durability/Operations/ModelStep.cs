using FishCheckpoint.Contract;

namespace FishCheckpoint.Durability.Operations;

/// <summary>A checkpoint of the model.</summary>
/// <param name="Model">What it gives back.</param>
/// <param name="File">The digest of that as a file.</param>
/// <param name="State">Seed of its trainer state; 0 for none.</param>
/// <param name="Files">The set of its side files; 0 for none.</param>
/// <param name="Loss">The metric that it was saved with.</param>
/// <param name="IsPinned">Whether nothing deletes it.</param>
internal sealed record ModelStep(TestModel Model, string File, int State, int Files, double Loss, bool IsPinned);
