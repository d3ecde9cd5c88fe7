using System.Text.Json.Serialization;

namespace FishCheckpoint.Reports;

/// <summary>The interval of a growth report, in UTC. Days are the finest that the store records.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GrowthBucket>))]
public enum GrowthBucket
{
    /// <summary>One day.</summary>
    [JsonStringEnumMemberName("day")]
    Day,

    /// <summary>Seven days from Monday.</summary>
    [JsonStringEnumMemberName("week")]
    Week,

    /// <summary>A calendar month.</summary>
    [JsonStringEnumMemberName("month")]
    Month,
}
