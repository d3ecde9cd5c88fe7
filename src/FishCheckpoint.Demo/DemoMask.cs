using System.Text.Json;
using System.Text.Json.Serialization;

namespace FishCheckpoint.Demo;

/// <summary>How a run chooses the trained positions.</summary>
[JsonConverter(typeof(DemoMaskNames))]
public enum DemoMask
{
    /// <summary>The positions of the highest Fisher information.</summary>
    Fish,

    /// <summary>The same number of random positions: the control.</summary>
    Random,

    /// <summary>All positions.</summary>
    Dense,
}

/// <summary>The names of the masks in <c>fishckpt</c>: a number would depend on the order above.</summary>
internal sealed class DemoMaskNames() : JsonStringEnumConverter<DemoMask>(JsonNamingPolicy.CamelCase);
