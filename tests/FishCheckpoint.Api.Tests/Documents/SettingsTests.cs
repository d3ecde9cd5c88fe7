using System.Reflection;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Engine.Ports;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FishCheckpoint.Api.Tests.Documents;

/// <summary>The settings file gives every setting the default of the code.</summary>
public sealed class SettingsTests
{
    private const string Section = FishSettings.Section;

    private static readonly Dictionary<string, object?> Defaults = Leaves(Section, new FishSettings()).ToDictionary(StringComparer.Ordinal);

    [Fact]
    public void File_OfSettings_HasTheDefaultsOfTheCode_AndNoOthers()
    {
        var file = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).Build();
        Assert.All(
            file.AsEnumerable().Where(
                setting => setting.Key.StartsWith($"{Section}:", StringComparison.Ordinal) && setting.Value is not null),
            setting => Assert.True(Defaults.ContainsKey(setting.Key), $"{setting.Key} is not a setting."));
        Assert.Equal(Defaults, Leaves(Section, FishSettings.Of(file)).ToDictionary(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Compressed")]
    [InlineData("Dense")]
    public void Bases_EarlierName_IsTheSame(string value)
    {
        var named = new ConfigurationBuilder().AddInMemoryCollection([new($"{Section}:Compression:Bases", value)]).Build();
        var bases = FishSettings.Of(named).Compression.Bases;
        Assert.Equal((BaseCompression.Compressed, "Compressed"), (bases, bases.ToString()));
    }

    private static IEnumerable<KeyValuePair<string, object?>> Leaves(string path, object settings) =>
        settings.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).SelectMany(property =>
        {
            var (name, value) = ($"{path}:{property.Name}", property.GetValue(settings));
            return value?.GetType().DeclaringType == typeof(FishSettings) ? Leaves(name, value) : [KeyValuePair.Create(name, value)];
        });
}
