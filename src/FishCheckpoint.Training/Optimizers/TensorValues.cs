namespace FishCheckpoint.Training;

/// <summary>Returns the values of a tensor, given its index in the layout: one float per element, flat, to change in place.</summary>
public delegate Span<float> TensorValues(int tensor);

/// <summary>
/// Returns the whole gradient of a tensor, given its index in the layout: one float per element, flat; empty if it has none.
/// </summary>
public delegate ReadOnlySpan<float> TensorGradients(int tensor);
