namespace FishCheckpoint.Masks;

/// <summary>The positions of a mask in one tensor.</summary>
/// <param name="Tensor">Index of the tensor in the layout.</param>
/// <param name="Positions">Flat unit indices, strictly ascending; at least one. Not copied; do not modify.</param>
public sealed record TensorMask(int Tensor, ReadOnlyMemory<long> Positions);
