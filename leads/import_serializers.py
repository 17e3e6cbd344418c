"""Imports of leads as the API shows them."""

from typing import Any, ClassVar

from rest_framework import serializers

from brokers.models import Broker, User
from crm.api.serializers import TenantRelatedField, TenantSerializer
from crm.tenancy import Role
from leads import import_columns, import_mapping, importing
from leads.models import LeadImport, LeadImportRow, Verdict
from leads.stages import Source


class TagsField(serializers.ListField):
    """A list, or in a form one text with commas."""

    child = serializers.CharField(max_length=50)

    def to_internal_value(self, data: Any) -> list[str]:
        given = data if isinstance(data, list) else [data]
        if len(given) == 1 and isinstance(given[0], str):
            given = [tag.strip() for tag in given[0].split(",") if tag.strip()]
        return list(dict.fromkeys(super().to_internal_value(given)))


class ImportUploadSerializer(serializers.Serializer[Any]):
    """A CSV of up to 100 MB, and what every lead of it gets."""

    broker = TenantRelatedField(queryset=Broker.objects.all(), required=False)
    file = serializers.FileField()
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=Source.choices, default=Source.IMPORT
    )
    tags = TagsField(required=False, default=list)
    assigned_to = TenantRelatedField(
        queryset=User.objects.exclude(role=Role.SUPERADMIN),
        required=False,
        allow_null=True,
        default=None,
    )


class MappingSerializer(serializers.Serializer[Any]):
    """For each column of the file the fact it holds, or an empty text."""

    at_least_one: ClassVar = (("mapping",),)  # also where a PATCH asks for nothing else

    mapping = serializers.ListField(
        child=serializers.ChoiceField(
            choices=[("", "-"), *import_mapping.TARGETS.items()], allow_blank=True
        ),
        max_length=importing.MAX_COLUMNS,
    )


class ImportSerializer(TenantSerializer[LeadImport]):
    """An import and how far it is; ``counts`` are rows by verdict, forecast until it is done."""

    error = serializers.SerializerMethodField()
    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        model = LeadImport
        fields = [
            "id",
            "broker",
            "filename",
            "size",
            "encoding",
            "delimiter",
            "header",
            "samples",
            "mapping",
            "source",
            "tags",
            "assigned_to",
            "created_by",
            "state",
            "counts",
            "done",
            "total",
            "error",
            "created_at",
            "updated_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_error(self, job: LeadImport) -> str:
        return importing.explain(job.error)


class ImportRowSerializer(TenantSerializer[LeadImportRow]):
    problems = serializers.SerializerMethodField()

    class Meta:
        model = LeadImportRow
        fields = ["number", "verdict", "lead", "problems", "values", "told"]
        read_only_fields = fields

    def get_problems(self, row: LeadImportRow) -> list[str]:
        return [import_columns.explain(*problem) for problem in row.problems]


class RowsAskedSerializer(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=Verdict.choices, required=False)


class ExportAskedSerializer(serializers.Serializer[Any]):
    separator = serializers.ChoiceField(choices=["semicolon", "comma", "tab"], default="semicolon")
    bom = serializers.BooleanField(default=True)
