using FishCheckpoint.Tensors;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace FishCheckpoint.Api.Documents;

/// <summary>The document at <c>/openapi/v1.json</c>.</summary>
internal static class OpenApiDocument
{
    private const string Key = "key";

    public static void AddFishOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "FishCheckpoint", Version = "1", Description = "A checkpoint store for models that share a base.",
            };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
            document.Components.SecuritySchemes[Key] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A key's token, if the server needs one.",
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Key, document)] = [] }];
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(ParameterDescriptions.DescribeAsync);
        options.AddSchemaTransformer((schema, context, _) =>
        {
            DescribeDigest(schema, context);
            return Task.CompletedTask;
        });
    });

    private static void DescribeDigest(OpenApiSchema schema, OpenApiSchemaTransformerContext context)
    {
        var type = context.JsonTypeInfo.Type;
        if ((Nullable.GetUnderlyingType(type) ?? type) == typeof(Digest))
        {
            schema.Type = JsonSchemaType.String | (type == typeof(Digest) ? default : JsonSchemaType.Null);
            (schema.Pattern, schema.Properties, schema.Description) = ("^[0-9a-f]{64}$", null, "A SHA-256 in hexadecimal.");
        }
    }
}
