using System.Text.Json;
using System.Text.Json.Serialization;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Checkpoints;

/// <summary>What a save's query and header fields say besides its body.</summary>
internal static class SaveFields
{
    public const string Metrics = "Checkpoint-Metrics";

    /// <summary>Reads parent, base, digest and metrics.</summary>
    /// <param name="request">Its header fields are read.</param>
    /// <param name="parent">The query's <c>parent</c>.</param>
    /// <param name="base">The query's <c>base</c>: an id, or an alias.</param>
    /// <param name="store">Knows what base an alias stands for.</param>
    /// <param name="cancellation">Ends the look-up.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.StepInvalid"/>, <see cref="ErrorCode.RequestInvalid"/>, <see cref="ErrorCode.BaseNotFound"/>.</exception>
    public static async Task<SaveOptions> ReadAsync(
        HttpRequest request, string? parent, string? @base, ICheckpointStore store, CancellationToken cancellation) => new()
    {
        Parent = parent is null ? ParentChoice.Auto : ParentChoice.Parse(parent),
        ExpectedBase = @base is null ? null : Digest.TryParse(@base, out var id) ? id : (await store.GetBaseAsync(@base, cancellation)).Id,
        ExpectedFileDigest = DigestField.Read(request, DigestField.Representation),
        Metrics = ReadMetrics(request.Headers[Metrics].ToString()),
    };

    private static Dictionary<string, double> ReadMetrics(string json)
    {
        try
        {
            return json.Length == 0 ? [] : new Dictionary<string, double>(
                JsonSerializer.Deserialize<Dictionary<string, double>>(json, Strict) ?? throw new JsonException("null"), StringComparer.Ordinal);
        }
        catch (JsonException error)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, Metrics, "The metrics are not a JSON object of numbers.", """Write them as {"loss":0.12}.""", error);
        }
    }

    // A number is a number here, or one of the three that JSON spells as text: none of the Web defaults' leniency.
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.General)
    {
        AllowDuplicateProperties = false, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };
}
