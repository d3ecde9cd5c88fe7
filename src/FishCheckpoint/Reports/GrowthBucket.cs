using System.Text.Json.Serialization;

namespace FishCheckpoint.Reports;

/// <summary>The steps of a growth report. Days are the finest that is kept, in UTC.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GrowthBucket>))]
public enum GrowthBucket
{
    /// <summary>One day.</summary>
    [JsonStringEnumMemberName("day")]
    Day,

    /// <summary>Seven days, from Monday on.</summary>
    [JsonStringEnumMemberName("week")]
    Week,

    /// <summary>A month of the calendar.</summary>
    [JsonStringEnumMemberName("month")]
    Month,
}
