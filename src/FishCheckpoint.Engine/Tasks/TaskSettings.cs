using System.Text.Json;
using System.Text.Json.Nodes;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Tasks;

/// <summary>The settings of a task that can change.</summary>
/// <param name="Description">Free text.</param>
/// <param name="Metadata">Free keys and values.</param>
/// <param name="Retention">The retention rules and the monitored metric.</param>
internal sealed record TaskSettings(string? Description, IReadOnlyDictionary<string, string>? Metadata, Retention? Retention)
{
    /// <summary>Applies a merge patch (RFC 7396) to these settings.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: the patch has an unknown or immutable member, or an invalid
    /// value.</exception>
    public TaskSettings Merge(string task, JsonElement patch)
    {
        if (patch.ValueKind != JsonValueKind.Object)
        {
            throw Refused(task, "The change is not a JSON object.");
        }

        try
        {
            var merged = Merge(JsonSerializer.SerializeToNode(this, FishJson.Options), patch).Deserialize<TaskSettings>(FishJson.Options)!;
            if (merged.Metadata?.FirstOrDefault(pair => pair.Value is null).Key is { } key)
            {
                throw Refused(task, $"The metadata value of {key} is not a string.");
            }

            return merged with
            {
                Metadata = merged.Metadata ?? new Dictionary<string, string>(StringComparer.Ordinal),
                Retention = merged.Retention?.Validate() is { } rules && (rules.HasRules || rules.Monitor is not null) ? rules : null,
            };
        }
        catch (JsonException error)
        {
            throw Refused(task, error.Message, error);
        }
    }

    private static JsonNode? Merge(JsonNode? target, JsonElement patch)
    {
        if (patch.ValueKind != JsonValueKind.Object)
        {
            return JsonSerializer.SerializeToNode(patch);
        }

        var result = target as JsonObject ?? [];
        foreach (var property in patch.EnumerateObject())
        {
            var before = result[property.Name];
            result.Remove(property.Name);
            if (property.Value.ValueKind != JsonValueKind.Null)
            {
                result[property.Name] = Merge(before, property.Value);
            }
        }

        return result;
    }

    private static FishException Refused(string task, string cause, Exception? inner = null) => new(
        ErrorCode.RequestInvalid, task, cause,
        "Send the members to change: description, metadata or retention (keepLast, keepEvery, keepBest, keepWithin, monitor, mode). "
        + "Null removes a member. A task's base, own tensors and branch point never change.", inner);
}
