using System.Text;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Checkpoints;

/// <summary>The options in a save's query and header fields.</summary>
internal static class SaveFields
{
    public const string Metrics = "Checkpoint-Metrics";

    /// <summary>Reads parent, base, digest, metrics and whether to overwrite.</summary>
    /// <param name="request">The request with the header fields.</param>
    /// <param name="parent">The query's <c>parent</c>.</param>
    /// <param name="base">The query's <c>base</c>: an id, or an alias.</param>
    /// <param name="overwrite">The query's <c>overwrite</c>.</param>
    /// <param name="bases">Resolves a base's name.</param>
    /// <param name="cancellation">Cancels the lookup.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.StepInvalid"/>, <see cref="ErrorCode.RequestInvalid"/>,
    /// <see cref="ErrorCode.BaseNotFound"/>.</exception>
    public static async Task<SaveOptions> ReadAsync(
        HttpRequest request, string? parent, string? @base, bool? overwrite, IBases bases, CancellationToken cancellation) => new()
    {
        Parent = parent is null ? ParentChoice.Auto : ParentChoice.Parse(parent),
        ExpectedBase = @base is null ? null : Digest.TryParse(@base, out var id) ? id : (await bases.GetAsync(@base, cancellation)).Id,
        ExpectedFileDigest = DigestField.Read(request, DigestField.Representation),
        Overwrite = overwrite ?? false,
        Metrics = ReadMetrics(request.Headers[Metrics].ToString()),
    };

    private static IReadOnlyDictionary<string, double> ReadMetrics(string json) =>
        json.Length == 0 ? new Dictionary<string, double>(StringComparer.Ordinal)
            : SaveInfo.ParseMetrics(Encoding.UTF8.GetBytes(json), Metrics);
}
