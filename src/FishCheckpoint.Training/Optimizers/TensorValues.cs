namespace FishCheckpoint.Training;

/// <summary>Gives the values of a tensor by its index in the layout: one float per element, flat, to be changed in place.</summary>
public delegate Span<float> TensorValues(int tensor);

/// <summary>
/// Gives the whole gradient of a tensor by its index in the layout: one float per element, flat; empty where there is none.
/// </summary>
public delegate ReadOnlySpan<float> TensorGradients(int tensor);
