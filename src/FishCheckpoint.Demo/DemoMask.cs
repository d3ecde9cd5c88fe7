using System.Text.Json;
using System.Text.Json.Serialization;

namespace FishCheckpoint.Demo;

/// <summary>How a run chooses what to train.</summary>
[JsonConverter(typeof(DemoMaskNames))]
public enum DemoMask
{
    /// <summary>The positions of the highest Fisher information.</summary>
    Fish,

    /// <summary>As many positions at random: the control.</summary>
    Random,

    /// <summary>Everything.</summary>
    Dense,
}

/// <summary>Masks by their names, as in <c>fishckpt</c>: a number would change its meaning with the order above.</summary>
internal sealed class DemoMaskNames() : JsonStringEnumConverter<DemoMask>(JsonNamingPolicy.CamelCase);
