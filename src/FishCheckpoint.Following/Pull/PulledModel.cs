using System.Text.Json.Serialization;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Pull;

/// <summary>The model that the pointer has as its target.</summary>
/// <param name="Task">The task.</param>
/// <param name="Step">The step.</param>
/// <param name="State">The identity of its state.</param>
/// <param name="Form">How it was pulled.</param>
/// <param name="FetchedBytes">Downloaded bytes of the delta or the files.</param>
/// <param name="ModelBytes">Bytes of the model's files.</param>
/// <param name="Seconds">Time from the check for the newest checkpoint to the move of the pointer.</param>
/// <param name="Path">The model's folder.</param>
/// <param name="Because">Why the full model was pulled in place of a delta; otherwise <see langword="null"/>.</param>
public sealed record PulledModel(
    string Task, long Step, Digest State, PullForm Form, long FetchedBytes, long ModelBytes, double Seconds, string Path, string? Because);

/// <summary>How a model was pulled.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PullForm>))]
public enum PullForm
{
    /// <summary>As a delta to the previous model.</summary>
    [JsonStringEnumMemberName("delta")]
    Delta,

    /// <summary>As a full model.</summary>
    [JsonStringEnumMemberName("full")]
    Full,

    /// <summary>From an earlier pull in the folder, after its digests were verified.</summary>
    [JsonStringEnumMemberName("kept")]
    Kept,

    /// <summary>The pointer had it as its target already.</summary>
    [JsonStringEnumMemberName("current")]
    Current,
}
