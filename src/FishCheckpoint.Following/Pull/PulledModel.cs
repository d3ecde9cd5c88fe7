using System.Text.Json.Serialization;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Pull;

/// <summary>A model that the pointer was moved to, or is at.</summary>
/// <param name="Task">The task.</param>
/// <param name="Step">The step.</param>
/// <param name="State">The identity of its state.</param>
/// <param name="Form">How it came.</param>
/// <param name="FetchedBytes">Bytes of the delta, or of the files, that were fetched.</param>
/// <param name="ModelBytes">Bytes of the model's files.</param>
/// <param name="Seconds">From looking what is newest to the pointer's move.</param>
/// <param name="Path">The model's folder.</param>
/// <param name="Because">Why the full model was pulled where a delta might have been; else <see langword="null"/>.</param>
public sealed record PulledModel(
    string Task, long Step, Digest State, PullForm Form, long FetchedBytes, long ModelBytes, double Seconds, string Path, string? Because);

/// <summary>How a model came.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PullForm>))]
public enum PullForm
{
    /// <summary>As a delta to the model that was there.</summary>
    [JsonStringEnumMemberName("delta")]
    Delta,

    /// <summary>Whole.</summary>
    [JsonStringEnumMemberName("full")]
    Full,

    /// <summary>It was in the folder, and was read and compared with its digests before the pointer moved back to it.</summary>
    [JsonStringEnumMemberName("kept")]
    Kept,

    /// <summary>The pointer is at it already.</summary>
    [JsonStringEnumMemberName("current")]
    Current,
}
