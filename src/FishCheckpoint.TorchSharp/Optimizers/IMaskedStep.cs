using FishCheckpoint.Masks;
using FishCheckpoint.Training;

namespace FishCheckpoint.TorchSharp;

/// <summary>Updates the positions of a mask, with its optimizer state.</summary>
internal interface IMaskedStep : IDisposable
{
    /// <summary>The positions.</summary>
    Mask Mask { get; }

    /// <summary>Bytes of the moments.</summary>
    long StateBytes { get; }

    /// <summary>Updates every tensor of the mask that has a gradient.</summary>
    void Step(double learningRate);

    /// <summary>Continues with another mask; see <see cref="MaskedOptimizer.SetMask"/>.</summary>
    void SetMask(Mask mask);

    /// <summary>Copies the state.</summary>
    void SaveTo(StateSection state, double learningRate);

    /// <summary>Refuses a state of another optimizer; changes nothing.</summary>
    void Check(StateSection state);

    /// <summary>Restores the state, and returns the learning rate saved with it.</summary>
    double LoadFrom(StateSection state);
}
