using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.EndToEnd.Chains;

/// <summary>A model that goes on step by step, each step on a mask of its own.</summary>
internal interface ISteps
{
    /// <summary>What it is, for the table.</summary>
    string Name { get; }

    /// <summary>Its tensors.</summary>
    Layout Layout { get; }

    /// <summary>The current bytes of a tensor.</summary>
    ReadOnlySpan<byte> BytesOf(int tensor);

    /// <summary>Goes one step on.</summary>
    /// <returns>What changed.</returns>
    Delta Next();
}
